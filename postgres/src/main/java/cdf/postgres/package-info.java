/** Capture of PostgreSQL tables into Kafka topics, by Debezium's connector; and a PostgreSQL server to try it on. */
@NullMarked
package cdf.postgres;

import org.jspecify.annotations.NullMarked;
