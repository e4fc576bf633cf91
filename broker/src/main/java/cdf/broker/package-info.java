/** An embedded single-node Apache Kafka (KRaft), so that the default needs no Docker. */
@NullMarked
package cdf.broker;

import org.jspecify.annotations.NullMarked;
