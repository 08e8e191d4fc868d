package org.mixdq4j.core.lora;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.lora.LoraKey.Role;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.Tensor;

/** The changes that a LoRA file holds, by layer as the file names it; its tensors stay mapped. */
final class LoraFile {
    private static final String ANOTHER = "; get a LoRA (lora_down and lora_up, or lora_A and lora_B) instead";
    /** What other adapters are told by, and what they are. */
    private static final Map<String, String> OTHER_KINDS = otherKinds();

    /** One layer's change. @param component and {@code module}: as {@link LoraKey} has them */
    record Module(String component, String module, LowRank change) {}

    private final Path path;
    private final double scale;
    private final List<Module> modules;
    private final Map<String, String> metadata;

    private LoraFile(Path path, double scale, List<Module> modules, Map<String, String> metadata) {
        this.path = path;
        this.scale = scale;
        this.modules = List.copyOf(modules);
        this.metadata = metadata;
    }

    private static Map<String, String> otherKinds() {
        Map<String, String> kinds = new LinkedHashMap<>();
        kinds.put("dora_scale", "a DoRA, which also changes the lengths of weights");
        kinds.put("lora_magnitude_vector", "a DoRA, which also changes the lengths of weights");
        kinds.put(".hada_w", "a LoHa");
        kinds.put(".lokr_w", "a LoKr");
        kinds.put(".oft_", "an OFT");
        kinds.put(".oft.", "an OFT");
        kinds.put(".on_input", "an IA3");
        kinds.put(".ia3_l", "an IA3");
        kinds.put(".a1.weight", "a GLoRA");
        kinds.put("lora_embedding_", "a LoRA of embeddings");
        kinds.put(".lora_B.bias", "a LoRA with biases");
        kinds.put(".diff", "a whole difference of weights");
        return kinds;
    }

    /**
     * @param use the file, or the folder PEFT or diffusers wrote, and the user's scale
     * @throws MixdqException if it cannot be read or is no LoRA, saying what it is
     */
    static LoraFile open(LoraUse use) {
        Path file = locate(use.path());
        try (SafetensorsFolder tensors = SafetensorsFolder.open(file)) {
            Map<String, String> metadata;
            try (SafetensorsFile header = SafetensorsFile.open(file)) {
                metadata = header.metadata();
            }
            LoraAlphas alphas = LoraAlphas.of(file, metadata);
            List<Module> modules = new ArrayList<>();
            factors(file, tensors)
                    .forEach((key, factors) -> modules.add(new Module(
                            key.component(), key.module(), change(file, key, factors, tensors, alphas, use.scale()))));
            return new LoraFile(file, use.scale(), modules, metadata);
        }
    }

    private static Path locate(Path path) {
        if (!Files.isDirectory(path)) {
            return path;
        }
        for (String name : List.of("pytorch_lora_weights.safetensors", "adapter_model.safetensors")) {
            if (Files.isRegularFile(path.resolve(name))) {
                return path.resolve(name);
            }
        }
        throw new MixdqException(
                "The folder " + path + " given as --lora has neither pytorch_lora_weights.safetensors nor"
                        + " adapter_model.safetensors; give the LoRA's .safetensors file.");
    }

    /** Names of tensors by layer and role; a layer is named by a key without a role. */
    private static Map<LoraKey, Map<Role, String>> factors(Path file, SafetensorsFolder tensors) {
        Map<LoraKey, Map<Role, String>> modules = new LinkedHashMap<>();
        for (String name : tensors.names()) {
            LoraKey key = LoraKey.of(name).orElseThrow(() -> refused(file, name, tensors));
            LoraKey module = new LoraKey(key.component(), key.module(), null);
            String other = modules.computeIfAbsent(module, m -> new EnumMap<>(Role.class))
                    .put(key.role(), name);
            if (other != null) {
                throw new MixdqException("The LoRA " + file + " holds '" + other + "' and '" + name
                        + "' for the same factor of one layer; give a file with one LoRA.");
            }
        }
        if (modules.isEmpty()) {
            throw new MixdqException("The file " + file + " given as --lora holds no tensors" + ANOTHER + ".");
        }
        return modules;
    }

    private static MixdqException refused(Path file, String name, SafetensorsFolder tensors) {
        for (Map.Entry<String, String> kind : OTHER_KINDS.entrySet()) {
            Optional<String> telling = tensors.names().stream()
                    .filter(other -> other.contains(kind.getKey()))
                    .findFirst();
            if (telling.isPresent()) {
                return new MixdqException("The file " + file + " given as --lora is " + kind.getValue() + " ('"
                        + telling.get() + "'), which is not supported" + ANOTHER + ".");
            }
        }
        return new MixdqException("The file " + file + " given as --lora holds '" + name
                + "', which is no part of a LoRA" + ANOTHER + ".");
    }

    private static LowRank change(
            Path file,
            LoraKey key,
            Map<Role, String> factors,
            SafetensorsFolder tensors,
            LoraAlphas alphas,
            double userScale) {
        if (!factors.containsKey(Role.DOWN) || !factors.containsKey(Role.UP)) {
            throw new MixdqException("The LoRA " + file + " has only a part of the change of '" + key.module() + "' ("
                    + String.join(", ", factors.values()) + "), expected both of its factors; get the whole file.");
        }
        Tensor down = tensors.tensor(factors.get(Role.DOWN));
        Tensor up = tensors.tensor(factors.get(Role.UP));
        Optional<Tensor> mid = Optional.ofNullable(factors.get(Role.MID)).map(tensors::tensor);
        int rank = down.shape().rank() == 0 ? 1 : down.shape().dim(0);
        double scale = factors.containsKey(Role.ALPHA)
                ? number(tensors.tensor(factors.get(Role.ALPHA))) / rank
                : alphas.scale(key.component(), key.module(), rank);
        LowRank change = new LowRank(down, mid, up, scale * userScale);
        if (rank == 0
                || !change.fits()
                || !down.dtype().isFloat()
                || !up.dtype().isFloat()) {
            throw new MixdqException(
                    "The LoRA " + file + " has factors of '" + key.module() + "' that cannot be multiplied: " + down
                            + mid.map(m -> ", " + m).orElse("") + " and " + up + "; get the file again.");
        }
        return change;
    }

    private static double number(Tensor tensor) {
        return tensor.dtype().isFloat() ? tensor.toFloatArray()[0] : tensor.toLongArray()[0];
    }

    Path path() {
        return path;
    }

    /** All changes, scaled by the file's and the user's scale. */
    List<Module> modules() {
        return modules;
    }

    /** Strings that trainers write into the file. */
    Map<String, String> metadata() {
        return metadata;
    }

    /** The name of the file and the user's scale, as {@code --lora} takes them. */
    String name() {
        return path.getFileName() + ":" + number(scale);
    }

    /** Digest of the file and the scale. */
    String digest() {
        return new Sha256.Builder()
                .add(Sha256.of(path))
                .add(" x " + number(scale))
                .hex();
    }

    private static String number(double scale) {
        return scale == Math.rint(scale) && Math.abs(scale) < 1e6
                ? String.format(Locale.ROOT, "%.0f", scale)
                : Double.toString(scale);
    }
}
