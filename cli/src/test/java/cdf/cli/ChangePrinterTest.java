package cdf.cli;

import cdf.change.ChangeEvent;
import cdf.change.Decoded;
import cdf.lake.WatchedRecord;
import cdf.producer.Terminal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@Timeout(60)
class ChangePrinterTest {
    private static final int MANY = 50_000;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final CountDownLatch enough = new CountDownLatch(1);

    @Test
    void everythingIsPrintedInOrderBeforeItFinishes() {
        ChangePrinter printer = printer(out);

        printer.start(enough::countDown);
        feed(printer, 0, MANY);
        printer.finish();

        assertThat(lines()).isEqualTo(offsets(MANY));
        assertThat(printer.shown()).isEqualTo(MANY);
        assertThat(printer.rejected()).isZero();
        assertThat(enough.getCount()).isOne();
    }

    @Test
    void whatCameBeforeTheStartIsPrintedToo() {
        ChangePrinter printer = printer(out);

        feed(printer, 0, 3);
        printer.start(enough::countDown);
        printer.finish();

        assertThat(lines()).isEqualTo(offsets(3));
    }

    @Test
    void singleRecordShowsAtOnce() throws Exception {
        Semaphore flushed = new Semaphore(0);
        ChangePrinter printer = printer(new OutputStream() {
            @Override
            public void write(int character) {
                out.write(character);
                if (character == '\n') {
                    flushed.release();
                }
            }
        });
        printer.start(enough::countDown);

        feed(printer, 0, 1);

        assertThat(flushed.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
        printer.close();
    }

    @Test
    void afterTheLastRecordThatWasAskedForItShowsNoMoreAndSaysSo() throws Exception {
        ChangePrinter printer = printer(out);
        printer.endAfter(10);

        printer.start(enough::countDown);
        feed(printer, 0, MANY);
        printer.finish();

        assertThat(enough.await(0, TimeUnit.SECONDS)).isTrue();
        assertThat(lines()).isEqualTo(offsets(10));
        assertThat(printer.shown()).isEqualTo(10);
    }

    @Test
    void lastRecordMayBeNamedWhenItHasBeenShownAlready() throws Exception {
        ChangePrinter printer = printer(out);
        printer.start(enough::countDown);
        feed(printer, 0, 5);

        printer.endAfter(5);

        assertThat(enough.await(30, TimeUnit.SECONDS)).isTrue();
        printer.finish();
        assertThat(lines()).isEqualTo(offsets(5));
    }

    @Test
    void unreadableRecordsAreCountedAmongTheShown() {
        ChangePrinter printer = printer(out);
        printer.start(enough::countDown);

        printer.onRecord(record(0));
        printer.onRecord(new WatchedRecord(0, 1, 0, Optional.empty(), new Decoded.Rejected("why")));
        printer.finish();

        assertThat(printer.shown()).isEqualTo(2);
        assertThat(printer.rejected()).isEqualTo(1);
    }

    @Test
    void slowReaderHoldsTheStreamUpAndLosesNothing() throws Exception {
        CountDownLatch reads = new CountDownLatch(1);
        ChangePrinter printer = printer(new OutputStream() {
            @Override
            public void write(int character) throws IOException {
                try {
                    reads.await();
                } catch (InterruptedException interrupted) {
                    throw new IOException(interrupted);
                }
                out.write(character);
            }
        });
        printer.start(enough::countDown);

        CompletableFuture<Void> feeding = CompletableFuture.runAsync(() -> feed(printer, 0, MANY));

        assertThatThrownBy(() -> feeding.get(500, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        reads.countDown();
        feeding.get();
        printer.finish();
        assertThat(lines()).isEqualTo(offsets(MANY));
    }

    @Test
    void readerThatLeavesEndsTheWatch() throws Exception {
        ChangePrinter printer = printer(new OutputStream() {
            @Override
            public void write(int character) throws IOException {
                throw new IOException("Broken pipe");
            }
        });
        printer.start(enough::countDown);

        feed(printer, 0, 1);

        assertThat(enough.await(30, TimeUnit.SECONDS)).isTrue();
        feed(printer, 1, MANY);
        printer.finish();
    }

    @Test
    void failureToShowARecordEndsTheWatchAndIsThrown() throws Exception {
        ChangePrinter printer = new ChangePrinter(terminal(out), record -> {
            throw new IllegalStateException("a bug");
        });
        printer.start(enough::countDown);

        feed(printer, 0, 1);

        assertThat(enough.await(30, TimeUnit.SECONDS)).isTrue();
        assertThatIllegalStateException().isThrownBy(printer::finish).withMessage("a bug");
    }

    private static ChangePrinter printer(OutputStream out) {
        return new ChangePrinter(terminal(out), record -> Long.toString(record.offset()));
    }

    private static Terminal terminal(OutputStream out) {
        return new Terminal(
                new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
                false,
                false,
                false);
    }

    private static void feed(ChangePrinter printer, int from, int to) {
        IntStream.range(from, to).forEach(offset -> printer.onRecord(record(offset)));
    }

    private static WatchedRecord record(long offset) {
        return new WatchedRecord(
                0, offset, 0, Optional.empty(), new Decoded.Accepted(new ChangeEvent.TableTruncated(0)));
    }

    private List<String> lines() {
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    private static List<String> offsets(int count) {
        return IntStream.range(0, count).mapToObj(Integer::toString).toList();
    }
}
