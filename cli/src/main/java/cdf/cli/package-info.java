/** The application with every command. */
@NullMarked
package cdf.cli;

import org.jspecify.annotations.NullMarked;
