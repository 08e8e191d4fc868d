package org.mixdq4j.core.scheduler;

/** A checked {@code scheduler_config.json}: immutable, and the source of any number of trajectories. */
public interface SchedulerConfig {
    /** diffusers' class name, such as {@code EulerAncestralDiscreteScheduler}. */
    String name();

    /**
     * A trajectory of {@code steps} steps, spaced as configured.
     *
     * @throws org.mixdq4j.core.error.UsageException if the sampler cannot run in that many steps
     */
    Scheduler schedule(int steps);

    /**
     * A trajectory through these timesteps, strictly descending. The flow-matching sampler shifts them as it shifts its
     * own, so its {@link Scheduler#timesteps()} differ from what is given here, as in diffusers.
     *
     * @throws org.mixdq4j.core.error.UsageException if the sampler cannot visit them
     */
    Scheduler schedule(double[] timesteps);
}
