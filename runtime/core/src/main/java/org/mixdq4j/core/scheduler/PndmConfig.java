package org.mixdq4j.core.scheduler;

import org.mixdq4j.core.error.UsageException;

/** {@code PNDMScheduler}: with {@code skip_prk_steps}, as SD1.5 has it, PLMS; else Runge-Kutta steps come first. */
final class PndmConfig implements SchedulerConfig {
    private static final int WARM_UP = 4;

    private final String name;
    private final NoiseSchedule noise;
    private final Prediction prediction;
    private final TimestepSpacing spacing;
    private final int offset;
    private final double lastAlphaBar;
    private final boolean skipsRungeKutta;

    PndmConfig(Settings settings) {
        name = settings.name();
        noise = NoiseSchedule.of(settings, NoiseSchedule.Defaults.DDPM, NoiseSchedule.ZeroSnr.IGNORED);
        prediction = Prediction.withoutSample(settings);
        spacing = TimestepSpacing.of(settings, "leading");
        offset = settings.integer("steps_offset", 0, 0);
        lastAlphaBar = settings.flag("set_alpha_to_one", false) ? 1 : noise.alphaBar(0);
        skipsRungeKutta = settings.flag("skip_prk_steps", false);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Scheduler schedule(int steps) {
        TimestepSpacing.checkSteps(steps, noise.trainSteps(), name);
        if (!skipsRungeKutta && steps < WARM_UP) {
            throw new UsageException(name + " begins with Runge-Kutta steps and needs at least " + WARM_UP
                    + " steps; ask for more, or set skip_prk_steps.");
        }
        double[] whole = spacing.wholeTimesteps(noise.trainSteps(), steps, offset, name);
        int stride = noise.trainSteps() / steps;
        PndmTrajectory.Bars bars = t -> {
            if (t >= noise.trainSteps()) {
                throw new UsageException(name + " would step from timestep " + t + " of " + noise.trainSteps()
                        + "; ask for another number of steps.");
            }
            return t < 0 ? lastAlphaBar : noise.alphaBar(t);
        };
        return skipsRungeKutta
                ? new PndmTrajectory(withSecondTwice(whole), 0, stride, bars, prediction)
                : new PndmTrajectory(withRungeKutta(whole, stride), 4 * (WARM_UP - 1), stride, bars, prediction);
    }

    /** The first step is a second-order one made of two, so the second timestep is visited twice. */
    private static double[] withSecondTwice(double[] whole) {
        if (whole.length == 1) {
            return whole;
        }
        double[] all = new double[whole.length + 1];
        System.arraycopy(whole, 0, all, 0, 2);
        System.arraycopy(whole, 1, all, 2, whole.length - 1);
        return all;
    }

    /** Each of the first three steps takes four: at its begin, twice in its middle, at its end. */
    private static double[] withRungeKutta(double[] whole, int stride) {
        int before = 4 * (WARM_UP - 1);
        double[] all = new double[before + whole.length - (WARM_UP - 1)];
        for (int i = 0; i < WARM_UP - 1; i++) {
            double middle = whole[i + 1] + stride / 2;
            all[4 * i] = whole[i];
            all[4 * i + 1] = middle;
            all[4 * i + 2] = middle;
            all[4 * i + 3] = whole[i + 1];
        }
        System.arraycopy(whole, WARM_UP - 1, all, before, all.length - before);
        return all;
    }

    @Override
    public Scheduler schedule(double[] timesteps) {
        throw new UsageException(name + " steps by a fixed distance and cannot visit timesteps of your choice; give a"
                + " number of steps, or another --scheduler.");
    }
}
