package cdf.dashboard;

import org.jspecify.annotations.Nullable;

import java.util.function.Supplier;

/** A value that is made when it is asked for, once. Not thread-safe. */
final class Once<T> {
    private final Supplier<T> maker;
    private @Nullable T made;

    Once(Supplier<T> maker) {
        this.maker = maker;
    }

    T get() {
        if (made == null) {
            made = maker.get();
        }
        return made;
    }
}
