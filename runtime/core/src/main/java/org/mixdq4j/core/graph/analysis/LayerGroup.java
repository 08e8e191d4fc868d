package org.mixdq4j.core.graph.analysis;

import java.util.Locale;

/** What of a picture suffers most when a layer is quantized, and so by which metric it is judged (MixDQ). */
public enum LayerGroup {
    /** What is in the picture, judged by the SSIM of pictures. */
    CONTENT,
    /** How well it is drawn, judged by the SQNR of the network's output in dB. */
    QUALITY;

    /** The name in files and messages. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
