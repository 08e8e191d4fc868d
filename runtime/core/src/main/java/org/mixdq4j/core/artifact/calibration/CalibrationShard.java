package org.mixdq4j.core.artifact.calibration;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Layout of a shard, a safetensors file: {@code step.<input>} [samples, steps, rows, ...] for network inputs that change
 * with the step, {@code prompt.<input>} [samples, rows, ...] for the others, {@code output} [samples, steps, rows, ...]
 * raw network outputs and {@code latents} [samples, ...] at the end. All F32, rows of guidance in network order.
 */
public final class CalibrationShard {
    /** Names that diffusers' networks give to what changes with the step. */
    private static final Set<String> PER_STEP = Set.of("sample", "hidden_states", "timestep");

    private static final String STEP = "step.";
    private static final String PROMPT = "prompt.";
    private static final String IDENTITY = "set";

    private CalibrationShard() {}

    /** One sample's rows in step-major order, and its final latents. */
    public record Samples(List<CalibrationRow> rows, Tensor latents) {}

    public static String fileName(int shard) {
        return String.format(Locale.ROOT, "shard-%05d.safetensors", shard);
    }

    /** @param identity of the manifest, so that a shard of another set is not taken for one of this */
    public static void write(Path file, String identity, List<Samples> samples, int rowsPerStep) {
        Map<String, List<Tensor>> parts = new TreeMap<>();
        for (Samples sample : samples) {
            for (CalibrationRow row : sample.rows()) {
                row.inputs().forEach((name, value) -> {
                    if (PER_STEP.contains(name)) {
                        parts.computeIfAbsent(STEP + name, k -> new ArrayList<>())
                                .add(value);
                    } else if (row.step() == 0) {
                        parts.computeIfAbsent(PROMPT + name, k -> new ArrayList<>())
                                .add(value);
                    }
                });
                parts.computeIfAbsent("output", k -> new ArrayList<>()).add(row.output());
            }
            parts.computeIfAbsent("latents", k -> new ArrayList<>()).add(sample.latents());
        }
        int steps = samples.get(0).rows().size() / rowsPerStep;
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        parts.forEach((name, values) -> {
            Tensor flat = Tensor.stack(values.toArray(Tensor[]::new));
            boolean perStep = name.startsWith(STEP) || name.equals("output");
            int[] lead = name.equals("latents")
                    ? new int[] {samples.size()}
                    : perStep
                            ? new int[] {samples.size(), steps, rowsPerStep}
                            : new int[] {samples.size(), rowsPerStep};
            tensors.put(
                    name,
                    flat.reshape(join(
                            lead,
                            Arrays.copyOfRange(
                                    flat.shape().toArray(), 1, flat.shape().rank()))));
        });
        SafetensorsWriter.write(file, tensors, Map.of(IDENTITY, identity));
    }

    /** Whether {@code file} is a whole shard of the set with this identity. */
    public static boolean belongsTo(SafetensorsFile file, String identity) {
        return identity.equals(file.metadata().get(IDENTITY));
    }

    /** Every row of a shard, in the order sample, step, row. Tensors are views of the mapping. */
    public static List<CalibrationRow> rows(SafetensorsFile file, int firstSample) {
        Tensor outputs = file.tensor("output");
        int samples = outputs.shape().dim(0);
        int steps = outputs.shape().dim(1);
        int rows = outputs.shape().dim(2);
        List<CalibrationRow> all = new ArrayList<>();
        for (int s = 0; s < samples; s++) {
            for (int t = 0; t < steps; t++) {
                for (int r = 0; r < rows; r++) {
                    Map<String, Tensor> inputs = new TreeMap<>();
                    for (String name : file.names()) {
                        if (name.startsWith(STEP)) {
                            inputs.put(
                                    name.substring(STEP.length()),
                                    entry(file.tensor(name), 3, (s * steps + t) * rows + r));
                        } else if (name.startsWith(PROMPT)) {
                            inputs.put(name.substring(PROMPT.length()), entry(file.tensor(name), 2, s * rows + r));
                        }
                    }
                    Tensor output = entry(outputs, 3, (s * steps + t) * rows + r);
                    all.add(new CalibrationRow(firstSample + s, t, r, inputs, output));
                }
            }
        }
        return all;
    }

    /** The latents that each sample of a shard ended with. Tensors are views of the mapping. */
    public static List<Tensor> latents(SafetensorsFile file) {
        Tensor all = file.tensor("latents");
        List<Tensor> latents = new ArrayList<>();
        for (int sample = 0; sample < all.shape().dim(0); sample++) {
            latents.add(entry(all, 1, sample));
        }
        return latents;
    }

    /** Entry {@code index} of the leading axes taken as one, with an extent of 1 in their place. */
    private static Tensor entry(Tensor tensor, int lead, int index) {
        int[] dims = tensor.shape().toArray();
        int count = 1;
        for (int i = 0; i < lead; i++) {
            count *= dims[i];
        }
        return tensor.reshape(join(new int[] {count}, Arrays.copyOfRange(dims, lead, dims.length)))
                .slice(index, index + 1);
    }

    private static int[] join(int[] head, int[] tail) {
        return IntStream.concat(Arrays.stream(head), Arrays.stream(tail)).toArray();
    }
}
