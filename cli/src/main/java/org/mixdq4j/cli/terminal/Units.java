package org.mixdq4j.cli.terminal;

import java.util.Locale;

/** Numbers with units, for people. */
public final class Units {
    private Units() {}

    /** Bytes in decimal megabytes or gigabytes. */
    public static String bytes(long bytes) {
        if (bytes >= 1_000_000_000L) {
            return String.format(Locale.ROOT, "%.2f GB", bytes * 1e-9);
        }
        return bytes >= 1_000_000
                ? String.format(Locale.ROOT, "%.2f MB", bytes * 1e-6)
                : String.format(Locale.ROOT, "%.1f kB", bytes * 1e-3);
    }

    public static String duration(double seconds) {
        long whole = Math.round(seconds);
        if (whole >= 3600) {
            return String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
        }
        return String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60);
    }

    public static String millis(double seconds) {
        return String.format(Locale.ROOT, "%.1f ms", seconds * 1e3);
    }

    public static String decibels(double db) {
        return Double.isInfinite(db) ? "identical" : String.format(Locale.ROOT, "%.1f dB", db);
    }
}
