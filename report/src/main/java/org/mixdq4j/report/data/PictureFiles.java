package org.mixdq4j.report.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.mixdq4j.core.io.AtomicFiles;

/** The pictures of an evaluation: {@code images/<variant>/<number>.png}. */
final class PictureFiles {
    private static final String FLOAT = "float";
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final int WIDTH_AT = 16;

    private final Path folder;

    PictureFiles(Path folder) {
        this.folder = folder;
    }

    /** Numbers of what the float model drew, sorted; none if there are no pictures. */
    List<String> numbers() {
        Path original = folder.resolve(FLOAT);
        if (!Files.isDirectory(original)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(original)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".png") && !name.startsWith("."))
                    .map(name -> name.substring(0, name.length() - ".png".length()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw AtomicFiles.failure("read", original, e);
        }
    }

    List<PictureRow> rows(List<String> numbers, List<String> variants, PictureFigures figures, JsonNode json) {
        List<PictureRow> rows = new ArrayList<>();
        for (String number : numbers) {
            List<PictureRow.Picture> pictures = new ArrayList<>();
            pictures.add(picture(FLOAT, number, ""));
            for (String variant : variants) {
                if (!variant.equals(FLOAT) && Files.isRegularFile(file(variant, number))) {
                    pictures.add(picture(variant, number, figures.of(variant, number)));
                }
            }
            String caption = figures.caption(number);
            rows.add(new PictureRow(number, caption.isEmpty() ? caption(json, number) : caption, pictures));
        }
        return rows;
    }

    /** evaluation.json may list the captions itself, by number. */
    private static String caption(JsonNode json, String number) {
        JsonNode captions = json.path("captions");
        if (!captions.isArray() || !number.matches("\\d{1,9}")) {
            return "";
        }
        JsonNode caption = captions.path(Integer.parseInt(number));
        return caption.isObject() ? caption.path("caption").asText() : caption.asText();
    }

    private Path file(String variant, String number) {
        return folder.resolve(variant).resolve(number + ".png");
    }

    private PictureRow.Picture picture(String variant, String number, String figures) {
        Path file = file(variant, number);
        byte[] png;
        try {
            png = Files.readAllBytes(file);
        } catch (IOException e) {
            throw AtomicFiles.failure("read", file, e);
        }
        ByteBuffer bytes = ByteBuffer.wrap(png);
        if (png.length < WIDTH_AT + 8 || !bytes.slice(0, SIGNATURE.length).equals(ByteBuffer.wrap(SIGNATURE))) {
            throw Checked.damaged(file, "it is no PNG picture");
        }
        int width = bytes.getInt(WIDTH_AT);
        int height = bytes.getInt(WIDTH_AT + 4);
        if (width < 1 || height < 1) {
            throw Checked.damaged(file, "it is a picture of " + width + " by " + height + " pixels");
        }
        return new PictureRow.Picture(variant, png, width, height, figures);
    }
}
