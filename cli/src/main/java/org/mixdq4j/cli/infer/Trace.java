package org.mixdq4j.cli.infer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.pipeline.DenoiseStep;
import org.mixdq4j.core.pipeline.LatentInput;
import org.mixdq4j.core.pipeline.NoiseSource;
import org.mixdq4j.core.pipeline.TextToImage;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.scheduler.Scheduler;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Everything that came out of drawing pictures, under the names of the reference runs that ship in util_files/reference:
 * {@code latents} (start noise), {@code prompt_embeds}, {@code pooled_prompt_embeds} and their negatives,
 * {@code timesteps}, {@code sigmas}, {@code image}, and {@code step<i>.} model_input, model_output (after guidance),
 * noise, latents. Pictures lie along the first axis; with guidance model_input holds all negative rows first.
 */
public final class Trace {
    private final Map<String, List<Tensor>> parts = new LinkedHashMap<>();
    private int rows = 1;

    /** A noise source that remembers the start noise it gave. */
    public NoiseSource recording(NoiseSource source, Shape latent) {
        return new NoiseSource() {
            @Override
            public float[] start(int count) {
                float[] noise = source.start(count);
                add("latents", Tensor.of(latent, noise));
                return noise;
            }

            @Override
            public float[] step(int step, int count) {
                return source.step(step, count);
            }
        };
    }

    public void step(DenoiseStep step) {
        String prefix = "step" + step.index() + ".";
        add(prefix + "model_input", LatentInput.of(step.inputs().get(0)));
        add(prefix + "model_output", step.guided());
        step.noise().ifPresent(noise -> add(prefix + "noise", noise));
        add(prefix + "latents", step.latents());
        rows = step.inputs().size();
    }

    public void result(TextToImage.Result result) {
        add("prompt_embeds", result.positive().hiddenStates());
        result.positive().pooled().ifPresent(pooled -> add("pooled_prompt_embeds", pooled));
        result.negative().ifPresent(negative -> {
            add("negative_prompt_embeds", negative.hiddenStates());
            negative.pooled().ifPresent(pooled -> add("negative_pooled_prompt_embeds", pooled));
        });
        Shape image = result.image().shape();
        add("image", result.image().reshape(1, image.dim(0), image.dim(1), image.dim(2)));
    }

    /** All that was recorded, as one tensor a name. */
    public Map<String, Tensor> tensors(Scheduler schedule) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        parts.forEach((name, values) -> {
            if (name.endsWith(".model_input")) {
                // Both sides of guidance see the same latents: diffusers stacks one copy a side.
                List<Tensor> all = new ArrayList<>();
                for (int row = 0; row < rows; row++) {
                    all.addAll(values);
                }
                tensors.put(name, Tensor.stack(all.toArray(Tensor[]::new)));
            } else {
                tensors.put(name, Tensor.stack(values.toArray(Tensor[]::new)));
            }
        });
        tensors.put("timesteps", vector(schedule.timesteps()));
        if (schedule.sigmas().length > 0) {
            tensors.put("sigmas", vector(schedule.sigmas()));
        }
        return tensors;
    }

    public void write(Path file, Scheduler schedule) {
        SafetensorsWriter.write(file, tensors(schedule), Map.of());
    }

    private void add(String name, Tensor value) {
        parts.computeIfAbsent(name, key -> new ArrayList<>()).add(value);
    }

    private static Tensor vector(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return Tensor.of(Shape.of(floats.length), floats);
    }
}
