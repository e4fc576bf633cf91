/** Spark: every change of a topic, live. */
@NullMarked
package cdf.lake;

import org.jspecify.annotations.NullMarked;
