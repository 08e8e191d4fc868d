package org.mixdq4j.core.artifact.checkpoint.comfy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** The Linear layers of a file in ComfyUI's integer forms, as rows of 8-bit integers with a scale each. Closes the file. */
final class ComfyModules implements AutoCloseable {
    private static final String FACTORS = ".weight_s_rel";
    private static final String ROW_SCALES = ".weight_s_channel";
    private static final String LEVELS = ".weight_codebook";
    private static final String CORRECTION = ".weight_correction";
    private static final Set<String> FACTOR_TYPES = Set.of("F32", "F8_E4M3");
    private static final String AGAIN = "; get the file from its source again.";

    private final Path path;
    private final SafetensorsFile file;
    private final SafetensorsFolder numbers;
    private final JsonNode common;

    private ComfyModules(Path path, SafetensorsFile file) {
        this.path = path;
        this.file = file;
        String metadata = file.metadata().get(ComfyFormat.METADATA);
        this.common = metadata == null
                ? Json.mapper().createObjectNode()
                : Json.parse(metadata, "The " + ComfyFormat.METADATA + " of " + path)
                        .path("layers");
        this.numbers = SafetensorsFolder.open(path);
    }

    static ComfyModules open(Path path) {
        SafetensorsFile file = SafetensorsFile.open(path);
        try {
            return new ComfyModules(path, file);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    SafetensorsFile file() {
        return file;
    }

    /** The same tensors, those in float as numbers. */
    SafetensorsFolder numbers() {
        return numbers;
    }

    /** Modules that have settings, beside them or in the metadata. */
    Set<String> named() {
        Set<String> modules = new TreeSet<>();
        file.names().stream()
                .filter(name -> name.endsWith(ComfyFormat.SETTINGS))
                .forEach(name -> modules.add(name.substring(0, name.length() - ComfyFormat.SETTINGS.length())));
        common.fieldNames().forEachRemaining(modules::add);
        return modules;
    }

    /**
     * How a module is stored.
     *
     * @return empty if in float, or not at all
     * @throws MixdqException if it is of integers in a form that is not read, or its tensors do not fit its form
     */
    Optional<ComfyFormat.Form> form(String module) {
        String weight = module + ComfyFormat.WEIGHT;
        boolean named = file.contains(module + ComfyFormat.SETTINGS) || common.has(module);
        if (!file.contains(weight) || !named && !file.storedType(weight).equals("I8")) {
            return Optional.empty();
        }
        Shape shape = file.shape(weight);
        ComfyFormat.Form form = ComfyFormat.form(settings(module), shape.rank() < 2 ? 0 : shape.dim(1), layer(module));
        String type = file.storedType(weight);
        if (!type.equals("I8") && !(form.grouped() && type.equals("U8"))) {
            throw new MixdqException(
                    layer(module) + " holds weights of the type " + type + ", expected I8 by its settings" + AGAIN);
        }
        if (shape.rank() != 2) {
            throw new MixdqException("The tensor '" + weight + "' of " + path + " is of integers, shape " + shape
                    + ", expected such weights in Linear layers alone; get the model in another form.");
        }
        scales(module, form);
        if (form.grouped()) {
            factors(module, form, 0, 0);
            levels(module);
        }
        return Optional.of(form);
    }

    private String layer(String module) {
        return "The layer '" + module + "' of " + path;
    }

    /** @throws MixdqException if there are none, or they are no JSON */
    JsonNode settings(String module) {
        String name = module + ComfyFormat.SETTINGS;
        if (file.contains(name)) {
            long bytes = file.byteSize(name);
            if (bytes > ComfyFormat.MAX_SETTINGS_BYTES) {
                throw new MixdqException("The tensor '" + name + "' of " + path + " has " + bytes
                        + " bytes, expected a line of JSON" + AGAIN);
            }
            ByteBuffer text = file.bytes(name, 0, (int) bytes);
            byte[] utf8 = new byte[text.remaining()];
            text.get(utf8);
            return Json.parse(utf8, "The tensor '" + name + "' of " + path);
        }
        if (common.has(module)) {
            return common.get(module);
        }
        throw new MixdqException(
                layer(module) + " is of integers, expected '" + name + "' beside it to say how" + AGAIN);
    }

    /** One scale a row. */
    float[] scales(String module, ComfyFormat.Form form) {
        String name = module + (form.grouped() ? ROW_SCALES : ComfyFormat.SCALE);
        int rows = file.shape(module + ComfyFormat.WEIGHT).dim(0);
        requireTensor(module, name, "the scales of its integers");
        Shape shape = file.shape(name);
        boolean all = shape.elements() == 1 && !form.grouped();
        boolean each = shape.elements() == rows && shape.rank() > 0 && shape.dim(0) == rows;
        if (!all && !each || !file.storedType(name).equals("F32")) {
            throw new MixdqException("The scales '" + name + "' of " + path + " are " + file.storedType(name) + shape
                    + ", expected F32 with " + (form.grouped() ? "one number" : "one number or one") + " for each of "
                    + rows + " rows" + AGAIN);
        }
        float[] stored = file.tensor(name).toFloatArray();
        float[] scales = new float[rows];
        for (int row = 0; row < rows; row++) {
            scales[row] = stored[all ? 0 : row];
            if (!(scales[row] > 0) || Float.isInfinite(scales[row])) {
                throw new MixdqException("The scales '" + name + "' of " + path + " hold " + scales[row]
                        + ", expected finite numbers above 0" + AGAIN);
            }
        }
        return scales;
    }

    private void requireTensor(String module, String name, String what) {
        if (!file.contains(name)) {
            throw new MixdqException(layer(module) + " has no '" + name + "', expected " + what + AGAIN);
        }
    }

    /** I8 [toRow - fromRow, inputs]. */
    Tensor integers(String module, ComfyFormat.Form form, int fromRow, int toRow) {
        String name = module + ComfyFormat.WEIGHT;
        if (!form.grouped()) {
            return file.tensor(name, fromRow, toRow);
        }
        int columns = file.shape(name).dim(1);
        int rows = toRow - fromRow;
        return GroupedCodes.expand(
                file.bytes(name, (long) fromRow * columns, Math.multiplyExact(rows, columns)),
                rows,
                form.inputs(columns),
                levels(module),
                factors(module, form, fromRow, toRow),
                form.group());
    }

    private float[] factors(String module, ComfyFormat.Form form, int fromRow, int toRow) {
        String name = module + FACTORS;
        Shape weight = file.shape(module + ComfyFormat.WEIGHT);
        Shape expected = Shape.of(weight.dim(0), form.inputs(weight.dim(1)) / form.group());
        requireTensor(module, name, "the factors of its groups");
        if (file.contains(module + CORRECTION)) {
            throw new MixdqException(layer(module) + " has a '" + module + CORRECTION
                    + "', offsets of its groups, which are not read; get the model with symmetric groups or in FP16.");
        }
        if (!file.shape(name).equals(expected) || !FACTOR_TYPES.contains(file.storedType(name))) {
            throw new MixdqException("The factors '" + name + "' of " + path + " are " + file.storedType(name)
                    + file.shape(name) + ", expected F8_E4M3 or F32 " + expected + AGAIN);
        }
        float[] factors = fromRow == toRow
                ? new float[0]
                : numbers.tensor(name, fromRow, toRow).toFloatArray();
        requireFinite(name, factors);
        return factors;
    }

    private float[] levels(String module) {
        String name = module + LEVELS;
        if (!file.contains(name)) {
            return GroupedCodes.plainLevels();
        }
        if (!file.shape(name).equals(Shape.of(GroupedCodes.LEVELS)) || file.dtype(name) != DType.F32) {
            throw new MixdqException("The levels '" + name + "' of " + path + " are " + file.storedType(name)
                    + file.shape(name) + ", expected F32[" + GroupedCodes.LEVELS + "]" + AGAIN);
        }
        float[] levels = file.tensor(name).toFloatArray();
        requireFinite(name, levels);
        return levels;
    }

    private void requireFinite(String name, float[] values) {
        for (float value : values) {
            if (!Float.isFinite(value)) {
                throw new MixdqException("The tensor '" + name + "' of " + path + " holds " + value
                        + ", expected finite numbers" + AGAIN);
            }
        }
    }

    @Override
    public void close() {
        numbers.close();
        file.close();
    }
}
