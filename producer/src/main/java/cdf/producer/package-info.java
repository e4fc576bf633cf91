/** The application that needs no Spark: the command line of cdf generate, and what all commands share. */
@NullMarked
package cdf.producer;

import org.jspecify.annotations.NullMarked;
