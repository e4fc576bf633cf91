/** Spark and Delta: every change of a topic, live; and the engine that applies changes to a table. */
@NullMarked
package cdf.lake;

import org.jspecify.annotations.NullMarked;
