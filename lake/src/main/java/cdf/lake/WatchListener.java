package cdf.lake;

/** Sees what a {@link Watch} sees. Called by several threads at once, those of one partition's records one by one. */
public interface WatchListener {
    /** A record of the topic: each is reported once, in the order of its partition. */
    void onRecord(WatchedRecord record);

    /** Something worth telling the user, in one line: the topic is missing, the broker is away or back. */
    void onNotice(String notice);
}
