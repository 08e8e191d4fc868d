package org.mixdq4j.core.network.source;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystemAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** A family of models whose checkpoints are single files: what such a file leaves unsaid ships for each as a folder. */
enum Family {
    SD1("sd1", "Stable Diffusion 1", Map.of("tokenizer", "clip")),
    SD2("sd2", "Stable Diffusion 2", Map.of("tokenizer", "clip-zero-padded")),
    SDXL("sdxl", "Stable Diffusion XL", Map.of("tokenizer", "clip", "tokenizer_2", "clip-zero-padded")),
    SD3("sd3", "Stable Diffusion 3", Map.of("tokenizer", "clip", "tokenizer_2", "clip-zero-padded"));

    private final String folder;
    private final String title;
    private final Map<String, String> tokenizers;

    Family(String folder, String title, Map<String, String> tokenizers) {
        this.folder = folder;
        this.title = title;
        this.tokenizers = tokenizers;
    }

    /** What people call it. */
    String title() {
        return title;
    }

    /** Name of the denoiser's component. */
    String denoiser() {
        return this == SD3 ? "transformer" : "unet";
    }

    /** Configurations of the published model in diffusers' layout, without weights. */
    ModelFolder published() {
        return ModelFolder.open(resource("family/" + folder));
    }

    /** Folder of a tokenizer that ships: CLIP's words, padded as the family is trained. */
    Optional<Path> tokenizer(String component) {
        return Optional.ofNullable(tokenizers.get(component)).map(name -> resource("tokenizer/" + name));
    }

    /** A folder among the resources, be they in a jar. */
    private static Path resource(String name) {
        URL found = Family.class.getResource(name);
        if (found == null) {
            throw new IllegalStateException("the build lacks the resource " + name);
        }
        try {
            URI uri = found.toURI();
            return uri.getScheme().equals("jar") ? inJar(uri) : Path.of(uri);
        } catch (URISyntaxException | IOException e) {
            throw new UncheckedIOException(new IOException("cannot open the resource " + found, e));
        }
    }

    private static Path inJar(URI uri) throws IOException {
        try {
            FileSystems.newFileSystem(uri, Map.of());
        } catch (FileSystemAlreadyExistsException e) {
            // Opened before; it stays open as long as the program runs.
        }
        return Path.of(uri);
    }
}
