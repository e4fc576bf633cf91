package cdf.lake;

import cdf.change.CdfException;

/** Sees how several topics are applied. Called by the threads that apply them, and by the one that looks for topics. */
public interface ApplyTablesListener {
    /** A topic is about to be applied to a table; the result sees how that goes. */
    ApplyListener onTable(String topic, String table);

    /** A table has stopped because it cannot go on; the others go on. */
    void onFailure(String topic, String table, CdfException failure);

    /** Something worth telling the user that is not of one table, in one line. */
    void onNotice(String notice);
}
