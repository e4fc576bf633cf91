package cdf.postgres;

import java.util.Collection;

/** Tells another listener one thing at a time, whatever thread it comes from. */
final class SerialListener implements CaptureListener {
    private final CaptureListener listener;

    SerialListener(CaptureListener listener) {
        this.listener = listener;
    }

    @Override
    public synchronized void started(String slot, String publication, Collection<TableName> snapshotTables) {
        listener.started(slot, publication, snapshotTables);
    }

    @Override
    public synchronized void streaming() {
        listener.streaming();
    }

    @Override
    public synchronized void progress(CaptureProgress progress) {
        listener.progress(progress);
    }

    @Override
    public synchronized void notice(String line) {
        listener.notice(line);
    }
}
