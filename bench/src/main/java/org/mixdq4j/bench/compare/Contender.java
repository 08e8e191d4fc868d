package org.mixdq4j.bench.compare;

import java.util.Arrays;
import java.util.Locale;

/** Who runs a network, and in what form. */
public enum Contender {
    /** The executor that 'mixdq infer' takes, on a quantized checkpoint. */
    MIXDQ("mixdq, quantized", false),
    /** The same, while a text stays: what it alone decides is computed in the first run, as in a picture of several steps. */
    MIXDQ_SAME_TEXT("mixdq, same text", false),
    /** The first, in FP32. */
    MIXDQ_FLOAT("mixdq, FP32", false),
    /** PyTorch's operators through DJL, in FP32. */
    PYTORCH("PyTorch, FP32", false),
    /** ONNX Runtime, static INT8. */
    ORT("ONNX Runtime, INT8", true),
    /** ONNX Runtime, FP32. */
    ORT_FLOAT("ONNX Runtime, FP32", true);

    private final String title;
    private final boolean onnx;

    Contender(String title, boolean onnx) {
        this.title = title;
        this.onnx = onnx;
    }

    /** Name for people. */
    public String title() {
        return title;
    }

    /** Whether it reads an ONNX file. */
    boolean onnx() {
        return onnx;
    }

    /** Whether it computes in integers. */
    boolean quantized() {
        return this == MIXDQ || this == MIXDQ_SAME_TEXT || this == ORT;
    }

    /** Whether it reads a quantized checkpoint. */
    public boolean readsCheckpoint() {
        return quantized() && !onnx;
    }

    /** As options spell it: {@code ort-float}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The one an option names. @throws IllegalArgumentException if there is none */
    public static Contender of(String word) {
        return Arrays.stream(values())
                .filter(contender -> contender.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no contender '" + word + "'"));
    }
}
