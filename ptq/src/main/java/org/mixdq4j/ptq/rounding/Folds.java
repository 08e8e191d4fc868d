package org.mixdq4j.ptq.rounding;

import org.mixdq4j.core.error.UsageException;

/**
 * What each sample of a calibration set is for. Of every four, three are what rounding is fitted to and the last is held out;
 * of those held out, every other one serves to choose among roundings and the rest to compare the whole networks, so that the
 * comparison is not of samples the choice was made on. Where only one is held out it serves for both.
 */
record Folds(int samples) {
    private static final int EVERY = 4;

    /** @throws UsageException if there are too few samples to hold any out */
    Folds {
        if (samples < EVERY) {
            throw new UsageException(
                    "The calibration set has " + samples
                            + " samples, but rounding by 'gptq' needs at least " + EVERY
                            + ", of which it holds one out; calibrate with more --samples, or set the scheme's rounding to nearest.");
        }
    }

    boolean fits(int sample) {
        return sample % EVERY != EVERY - 1;
    }

    boolean chooses(int sample) {
        return !fits(sample) && (sample / EVERY % 2 == 0 || single());
    }

    boolean checks(int sample) {
        return !fits(sample) && (sample / EVERY % 2 == 1 || single());
    }

    private boolean single() {
        return samples < 2 * EVERY;
    }

    int fitting() {
        return samples - samples / EVERY;
    }

    int choosing() {
        int heldOut = samples / EVERY;
        return single() ? heldOut : (heldOut + 1) / 2;
    }
}
