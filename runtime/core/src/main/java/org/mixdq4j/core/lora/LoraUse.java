package org.mixdq4j.core.lora;

import java.nio.file.Files;
import java.nio.file.Path;
import org.mixdq4j.core.error.UsageException;

/**
 * A LoRA to add to a model.
 *
 * @param path its safetensors file, or the folder that PEFT or diffusers wrote it to
 * @param scale how much of it; 1 is all
 */
public record LoraUse(Path path, double scale) {

    /**
     * Reads {@code FILE} or {@code FILE:SCALE}.
     *
     * @throws UsageException if there is no such file or the scale is no number
     */
    public static LoraUse parse(String given) {
        int colon = given.lastIndexOf(':');
        if (colon <= 0 || Files.exists(Path.of(given))) {
            return existing(given, 1);
        }
        String scale = given.substring(colon + 1);
        try {
            double value = Double.parseDouble(scale);
            if (Double.isFinite(value)) {
                return existing(given.substring(0, colon), value);
            }
        } catch (NumberFormatException e) {
            // Said below, together with numbers that are not finite.
        }
        throw new UsageException("--lora is '" + given + "', and '" + scale
                + "' after the colon is no number; give a file and maybe a scale, like style.safetensors:0.8.");
    }

    private static LoraUse existing(String file, double scale) {
        Path path = Path.of(file);
        if (!Files.exists(path)) {
            throw new UsageException("There is no LoRA file " + path + "; check the path given as --lora.");
        }
        return new LoraUse(path, scale);
    }
}
