package org.mixdq4j.core.prompt;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.tensor.Tensor;

/**
 * A file of textual inversion, in the forms that are published as safetensors: {@code emb_params} of AUTOMATIC1111's web UI;
 * {@code clip_l}, {@code clip_g} (and {@code t5xxl}) for models with several text encoders; diffusers'
 * {@code <word>: vectors}, one or several. Files of PyTorch's pickles are refused: reading one runs what it holds.
 *
 * @param words a word each with its vectors
 */
public record EmbeddingFile(Path path, List<Word> words) {
    /** Stands for the encoder of vectors whose file does not say which they are for. */
    static final String ANY = "";

    private static final Map<String, String> ENCODERS = Map.of(
            "clip_l", "text_encoder",
            "text_encoders_0", "text_encoder",
            "clip_g", "text_encoder_2",
            "text_encoders_1", "text_encoder_2",
            "t5xxl", "text_encoder_3");

    /** Keys of vectors whose word the file does not say. */
    private static final Set<String> UNNAMED = Set.of("emb_params", "*", "string_to_param.*");

    private static final String SAFETENSORS = ".safetensors";

    /** @param vectors float [count, features] by text encoder */
    record Word(String token, Map<String, Tensor> vectors) {
        String widths() {
            return vectors.values().stream()
                    .map(rows -> Integer.toString(rows.shape().dim(1)))
                    .distinct()
                    .sorted()
                    .collect(Collectors.joining(" and "));
        }
    }

    /**
     * @param given {@code FILE} or {@code FILE:token}; without a token the word is the file's, or the name of the file
     * @throws UsageException if there is no such file
     * @throws MixdqException if the file is of another kind
     */
    public static EmbeddingFile read(String given) {
        for (int end = given.length(); end > 0; end = given.lastIndexOf(':', end - 1)) {
            if (isFile(given.substring(0, end))) {
                String token = end == given.length() ? null : given.substring(end + 1);
                return read(Path.of(given.substring(0, end)), token);
            }
        }
        throw new UsageException("There is no embedding file " + given
                + "; --embedding takes FILE or FILE:token, a .safetensors of textual inversion.");
    }

    private static boolean isFile(String path) {
        try {
            return Files.isRegularFile(Path.of(path));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    private static EmbeddingFile read(Path path, String token) {
        if (token != null && (token.isBlank() || !token.equals(token.strip()))) {
            throw new UsageException(
                    "The token \"" + token + "\" of the embedding " + path
                            + " cannot be looked for in a prompt; give one without white space around it, --embedding FILE:TOKEN.");
        }
        requireNoPickle(path);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            return new EmbeddingFile(path, words(path, file, token));
        }
    }

    private static List<Word> words(Path path, SafetensorsFile file, String token) {
        String named = token != null ? token : stem(path);
        if (file.names().size() == 1 && UNNAMED.containsAll(file.names())) {
            String key = file.names().iterator().next();
            return List.of(new Word(named, Map.of(ANY, rows(path, file, key))));
        }
        if (!file.names().isEmpty() && ENCODERS.keySet().containsAll(file.names())) {
            Map<String, Tensor> vectors = new TreeMap<>();
            file.names().forEach(key -> vectors.put(ENCODERS.get(key), rows(path, file, key)));
            return List.of(new Word(named, vectors));
        }
        boolean several = file.names().size() > 1;
        boolean words = !file.names().isEmpty()
                && file.names().stream()
                        .allMatch(key -> file.shape(key).rank() <= 2 && !(several && key.contains(".")));
        if (!words || (several && token != null)) {
            throw new MixdqException("The embedding " + path + " holds "
                    + (several && words ? "several words" : "tensors") + " "
                    + new TreeSet<>(file.names()).stream().limit(4).toList()
                    + ", expected emb_params, clip_l and clip_g, or a word with its vectors; "
                    + (several && words
                            ? "leave out the token behind the file."
                            : "give a file of textual inversion."));
        }
        Map<String, Tensor> byWord = new LinkedHashMap<>();
        file.names().forEach(key -> byWord.put(token != null ? token : key, rows(path, file, key)));
        List<Word> result = new ArrayList<>();
        byWord.forEach((word, rows) -> result.add(new Word(word, Map.of(ANY, rows))));
        return result;
    }

    private static Tensor rows(Path path, SafetensorsFile file, String key) {
        Tensor tensor = file.tensor(key);
        int rank = tensor.shape().rank();
        if (!tensor.dtype().isFloat() || rank < 1 || rank > 2 || tensor.shape().elements() == 0) {
            throw new MixdqException("The embedding " + path + " holds '" + key + "' as " + tensor.dtype()
                    + tensor.shape() + ", expected floats [vectors, features]; give a file of textual inversion.");
        }
        return rank == 2 ? tensor : tensor.reshape(1, tensor.shape().dim(0));
    }

    private static String stem(Path path) {
        String name = path.getFileName().toString();
        return name.toLowerCase(Locale.ROOT).endsWith(SAFETENSORS)
                ? name.substring(0, name.length() - SAFETENSORS.length())
                : name;
    }

    private static void requireNoPickle(Path path) {
        String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
        boolean byName = name.matches(".*\\.(pt|pth|bin|ckpt|pkl|png|webp|jxl)");
        try (InputStream in = Files.newInputStream(path)) {
            byte[] start = in.readNBytes(2);
            boolean zip = start.length == 2 && start[0] == 'P' && start[1] == 'K';
            boolean pickle = start.length == 2 && start[0] == (byte) 0x80 && start[1] <= 5;
            if (byName || zip || (pickle && !name.endsWith(SAFETENSORS))) {
                throw new MixdqException(
                        "The embedding " + path + " is a PyTorch pickle or a picture, and reading one can"
                                + " run what it holds; make a .safetensors of it with PyTorch: d = torch.load(FILE,"
                                + " map_location=\"cpu\", weights_only=True); d = {\"emb_params\":"
                                + " d[\"string_to_param\"][\"*\"].detach()} if \"string_to_param\" in d else d;"
                                + " safetensors.torch.save_file(d, \"NAME.safetensors\").");
            }
        } catch (IOException e) {
            throw AtomicFiles.failure("read", path, e);
        }
    }
}
