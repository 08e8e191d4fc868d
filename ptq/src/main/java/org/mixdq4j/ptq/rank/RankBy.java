package org.mixdq4j.ptq.rank;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** What makes one plan better than another. */
public enum RankBy {
    /** Least mean squared difference of pictures (MixDQ, there on one picture in bytes that wrap around). */
    PSNR,
    /** Largest mean SSIM of pictures. */
    SSIM,
    /** Largest SQNR of the network's output; no pictures are decoded. */
    SQNR;

    /** As a person writes it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<RankBy> of(String word) {
        return Arrays.stream(values()).filter(by -> by.word().equals(word)).findFirst();
    }

    boolean needsPictures() {
        return this != SQNR;
    }

    /** The best first; what is no number last. */
    Comparator<PlanQuality> order() {
        return Comparator.comparingDouble(quality -> {
            double merit =
                    switch (this) {
                        case PSNR -> quality.pictures().orElseThrow().psnr();
                        case SSIM -> quality.pictures().orElseThrow().ssim();
                        case SQNR -> quality.outputSqnr();
                    };
            return Double.isNaN(merit) ? Double.POSITIVE_INFINITY : -merit;
        });
    }
}
