package org.mixdq4j.core.pipeline;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.tensor.Tensor;

/**
 * One step of one image's trajectory, for whoever watches.
 *
 * @param index from 0
 * @param timestep what the network was told
 * @param inputs network inputs of each row, by graph input name, first extent 1; with guidance row 0 is the negative side
 * @param outputs raw network output of each row
 * @param guided network output after guidance
 * @param noise what the scheduler added, before scaling
 * @param latents after the step
 * @param seconds the network took, over all rows
 */
public record DenoiseStep(
        int index,
        double timestep,
        List<Map<String, Tensor>> inputs,
        List<Tensor> outputs,
        Tensor guided,
        Optional<Tensor> noise,
        Tensor latents,
        double seconds) {}
