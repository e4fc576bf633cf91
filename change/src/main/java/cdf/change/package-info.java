/** What a change is: events, rows and the JSON envelope, read and written. */
@NullMarked
package cdf.change;

import org.jspecify.annotations.NullMarked;
