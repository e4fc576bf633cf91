package cdf.lake;

import java.io.Serializable;

/** A row's key by its hash, upper and lower word: for the few keys that a map can have. */
record HashedKey(long high, long low) implements Serializable {}
