package org.mixdq4j.ptq.rounding;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.io.Folders;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Rounded parts in files, so that a stopped run goes on where it was; deleted before its checkpoint is finished. */
final class SavedParts {
    private static final String IDENTITY = "identity";
    private static final String METHOD = "method";
    private static final String SQNR = "sqnr";
    private static final String NEAREST = "nearest_sqnr";

    private final Path folder;
    private final String source;

    /** @param source what besides part and bits determines a rounding */
    SavedParts(Path folder, String source) {
        this.folder = folder;
        this.source = source;
        AtomicFiles.createDirectories(folder);
        AtomicFiles.deleteLeftovers(folder);
    }

    static void delete(Path folder) {
        try {
            Folders.delete(folder);
        } catch (IOException e) {
            throw AtomicFiles.failure("delete", folder, e);
        }
    }

    private String identity(StatisticsKey part, WeightQuant quant) {
        return Sha256.of((source + " " + part + " " + quant).getBytes(StandardCharsets.UTF_8));
    }

    private Path file(String identity) {
        return folder.resolve(identity.substring(0, 32) + ".safetensors");
    }

    void write(StatisticsKey part, WeightQuant quant, RoundedPart rounded) {
        SymmetricWeights weights = rounded.weights();
        byte[] multipliers = weights.code().multipliers();
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("integers", weights.integers());
        tensors.put("scale", Tensor.of(Shape.of(weights.scale().length), weights.scale()));
        if (multipliers.length > 0) {
            Tensor tensor = Tensor.zeros(DType.U8, Shape.of(multipliers.length));
            tensor.buffer().put(multipliers);
            tensors.put("multipliers", tensor);
        }
        String identity = identity(part, quant);
        SafetensorsWriter.write(
                file(identity),
                tensors,
                Map.of(
                        IDENTITY, identity,
                        METHOD, rounded.method().name(),
                        SQNR, Double.toString(rounded.sqnr()),
                        NEAREST, Double.toString(rounded.nearestSqnr())));
    }

    Optional<RoundedPart> read(StatisticsKey part, WeightQuant quant) {
        String identity = identity(part, quant);
        if (!Files.isRegularFile(file(identity))) {
            return Optional.empty();
        }
        try (SafetensorsFile file = SafetensorsFile.open(file(identity))) {
            Map<String, String> metadata = file.metadata();
            if (!identity.equals(metadata.get(IDENTITY))) {
                return Optional.empty();
            }
            byte[] multipliers = new byte[0];
            if (quant.group() > 0) {
                Tensor saved = file.tensor("multipliers");
                multipliers = new byte[(int) saved.shape().elements()];
                saved.buffer().get(multipliers);
            }
            SymmetricWeights weights = new SymmetricWeights(
                    Tensor.stack(file.tensor("integers")),
                    file.tensor("scale").toFloatArray(),
                    new WeightCode(quant.bits(), quant.group(), multipliers));
            return Optional.of(new RoundedPart(
                    weights,
                    RoundingMethod.valueOf(metadata.get(METHOD)),
                    Double.parseDouble(metadata.get(SQNR)),
                    Double.parseDouble(metadata.get(NEAREST))));
        } catch (MixdqException damaged) {
            // Derived data: what cannot be read is made again.
            return Optional.empty();
        }
    }
}
