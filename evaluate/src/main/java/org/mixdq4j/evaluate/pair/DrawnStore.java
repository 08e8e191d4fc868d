package org.mixdq4j.evaluate.pair;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.tensor.Tensor;

/** Keeps what the float model drew for every quantized one to be compared with. */
public interface DrawnStore {
    void put(int index, Drawn drawn);

    Drawn get(int index);

    /** For a few small pictures. */
    static DrawnStore inMemory() {
        Map<Integer, Drawn> kept = new HashMap<>();
        return new DrawnStore() {
            @Override
            public void put(int index, Drawn drawn) {
                kept.put(index, drawn);
            }

            @Override
            public Drawn get(int index) {
                return kept.get(index);
            }
        };
    }

    /** A safetensors file a picture in a folder that the caller deletes: 256 of 1024 x 1024 pixels are over 3 GB. */
    static DrawnStore onDisk(Path folder) {
        return new DrawnStore() {
            @Override
            public void put(int index, Drawn drawn) {
                Map<String, Tensor> tensors =
                        Map.of("first_output", drawn.firstOutput(), "latents", drawn.latents(), "image", drawn.image());
                SafetensorsWriter.write(file(index), tensors, Map.of());
            }

            @Override
            public Drawn get(int index) {
                try (SafetensorsFile file = SafetensorsFile.open(file(index))) {
                    return new Drawn(copy(file, "first_output"), copy(file, "latents"), copy(file, "image"));
                }
            }

            private Path file(int index) {
                return folder.resolve(String.format(Locale.ROOT, "%05d.safetensors", index));
            }

            private Tensor copy(SafetensorsFile file, String name) {
                Tensor mapped = file.tensor(name);
                return Tensor.of(mapped.shape(), mapped.toFloatArray());
            }
        };
    }
}
