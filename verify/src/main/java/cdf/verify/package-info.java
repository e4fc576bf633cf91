/** Proves a table: replays the topic by the plainest means and compares what it adds up to with what the table has. */
@NullMarked
package cdf.verify;

import org.jspecify.annotations.NullMarked;
