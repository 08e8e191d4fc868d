package org.mixdq4j.report.html;

import java.util.Locale;

/** Numbers as people read them; the same digits on every machine. */
public final class Format {
    /** Stands where there is no figure. */
    public static final String NONE = "–";

    private Format() {}

    /** SQNR without its unit: two decimals, ∞ where nothing differed; negative infinity stands for an output without numbers. */
    public static String db(double db) {
        if (db == Double.NEGATIVE_INFINITY) {
            return "no number";
        }
        return fixed(db, 2);
    }

    /** With so many decimals. */
    public static String fixed(double value, int decimals) {
        if (Double.isNaN(value)) {
            return NONE;
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "∞" : "−∞";
        }
        String text = String.format(Locale.ROOT, "%." + decimals + "f", value);
        return text.startsWith("-") && !text.matches("-0\\.?0*") ? "−" + text.substring(1) : text.replace("-", "");
    }

    /** With so many digits that count, at least, and no exponent where that can be read. */
    public static String significant(double value, int digits) {
        if (value == 0 || !Double.isFinite(value)) {
            return fixed(value, 0);
        }
        int magnitude = (int) Math.floor(Math.log10(Math.abs(value)));
        if (magnitude < -6) {
            return String.format(Locale.ROOT, "%." + (digits - 1) + "e", value).replace("-", "−");
        }
        return fixed(value, Math.max(0, digits - 1 - magnitude));
    }

    public static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    /** Decimal units, as disks are sold. */
    public static String bytes(double bytes) {
        if (Double.isNaN(bytes)) {
            return NONE;
        }
        if (bytes >= 1e9) {
            return String.format(Locale.ROOT, "%.2f GB", bytes * 1e-9);
        }
        return bytes >= 1e6
                ? String.format(Locale.ROOT, "%.2f MB", bytes * 1e-6)
                : String.format(Locale.ROOT, "%.1f kB", bytes * 1e-3);
    }

    public static String percent(double share) {
        return Double.isNaN(share) ? NONE : String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    public static String seconds(double seconds) {
        if (Double.isNaN(seconds)) {
            return NONE;
        }
        if (seconds < 1) {
            return String.format(Locale.ROOT, "%.1f ms", seconds * 1e3);
        }
        if (seconds < 120) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
        long whole = Math.round(seconds);
        return whole < 3600
                ? String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d h %02d min", whole / 3600, whole / 60 % 60);
    }

    /** "bit" or "bits" after a whole number of them. */
    public static String bits(int bits) {
        return bits + (bits == 1 ? " bit" : " bits");
    }

    /** A coordinate in a drawing: a tenth of a unit is less than a screen shows. */
    public static String px(double value) {
        double rounded = Math.rint(value * 10) / 10;
        return rounded == Math.rint(rounded)
                ? String.valueOf((long) rounded)
                : String.format(Locale.ROOT, "%.1f", rounded);
    }
}
