/** Connection settings, topics and the publisher. */
@NullMarked
package cdf.kafka;

import org.jspecify.annotations.NullMarked;
