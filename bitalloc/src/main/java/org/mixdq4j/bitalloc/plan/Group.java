package org.mixdq4j.bitalloc.plan;

import java.util.Locale;

/** Which metric judges a layer. */
public enum Group {
    /** Layers that decide what is in the picture, judged by SSIM: those the SSIM table names. */
    CONTENT,
    /** All others, judged by the SQNR of the network's output in dB. */
    QUALITY;

    /** The name in files and messages. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
