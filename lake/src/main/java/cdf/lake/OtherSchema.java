package cdf.lake;

import cdf.change.EventSchema;

import java.io.Serializable;

/**
 * Where a partition of the topic has an event that the table cannot hold as it is: the first one after the table's position.
 * Neither it nor what comes after it in the partition was taken.
 */
record OtherSchema(int partition, long offset, EventSchema schema) implements Serializable {}
