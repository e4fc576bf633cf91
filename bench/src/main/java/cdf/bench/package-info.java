/** Benchmarks, each beside the peer that it is measured against. */
@NullMarked
package cdf.bench;

import org.jspecify.annotations.NullMarked;
