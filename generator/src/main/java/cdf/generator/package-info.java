/** A simulated database: a seeded workload of true changes to a table of users. */
@NullMarked
package cdf.generator;

import org.jspecify.annotations.NullMarked;
