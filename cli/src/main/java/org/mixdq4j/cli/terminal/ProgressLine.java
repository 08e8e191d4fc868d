package org.mixdq4j.cli.terminal;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.mixdq4j.core.progress.Progress;

/**
 * Progress on standard error: on a terminal one line that is redrawn, with rate and time left; elsewhere a plain line at
 * the start of a stage, every quarter, and at its end.
 */
public final class ProgressLine implements Progress {
    private static final long REDRAW_NANOS = 100_000_000;
    private static final int BAR = 24;

    private final PrintStream out;
    private final boolean terminal;
    private final LongSupplier nanos;
    private String stage = "";
    private long total;
    private long before;
    private long start;
    private long drawn;
    private int quarter;

    /** @param nanos a clock */
    ProgressLine(PrintStream out, boolean terminal, LongSupplier nanos) {
        this.out = out;
        this.terminal = terminal;
        this.nanos = nanos;
    }

    /** Progress for this process: redrawn if someone watches. */
    public static ProgressLine standard() {
        return new ProgressLine(System.err, System.console() != null, System::nanoTime);
    }

    @Override
    public void begin(String newStage, long newTotal) {
        resume(newStage, newTotal, 0);
    }

    @Override
    public void resume(String newStage, long newTotal, long done) {
        stage = newStage;
        total = newTotal;
        before = done;
        start = nanos.getAsLong();
        drawn = 0;
        quarter = (int) (done * 4 / Math.max(1, total));
        if (!terminal) {
            out.println(stage + ": " + total + (done == 0 ? "" : ", " + done + " of them done before"));
        }
    }

    @Override
    public void at(long done) {
        long now = nanos.getAsLong();
        if (terminal) {
            if (now - drawn >= REDRAW_NANOS) {
                drawn = now;
                out.print("\r" + line(done, now) + "\u001b[K");
                out.flush();
            }
        } else if (total >= 8 && done < total && done * 4 / total > quarter) {
            quarter = (int) (done * 4 / total);
            out.println(line(done, now));
        }
    }

    @Override
    public void end() {
        String seconds = String.format(Locale.ROOT, "%.1f s", (nanos.getAsLong() - start) * 1e-9);
        out.println((terminal ? "\r" : "") + stage + ": done in " + seconds + (terminal ? "\u001b[K" : ""));
    }

    private String line(long done, long now) {
        double seconds = (now - start) * 1e-9;
        int filled = (int) (BAR * done / Math.max(1, total));
        String bar = "#".repeat(filled) + "-".repeat(BAR - filled);
        // What an earlier run did says nothing of how fast this one is.
        double rate = (done - before) / Math.max(seconds, 1e-9);
        return String.format(
                Locale.ROOT,
                "%s [%s] %d/%d  %.1f/s  %s left",
                stage,
                bar,
                done,
                total,
                rate,
                Units.duration(done == before ? 0 : (total - done) / rate));
    }
}
