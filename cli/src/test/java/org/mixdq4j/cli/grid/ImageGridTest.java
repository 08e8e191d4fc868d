package org.mixdq4j.cli.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.image.Png;
import org.mixdq4j.core.image.RgbImage;

class ImageGridTest {
    private static final Path ROOT = Path.of(System.getProperty("mixdq.root"));

    private static RgbImage reference(String name) {
        return Png.decode(ROOT.resolve("util_files/reference/tiny-sdxl-turbo/" + name + ".png"));
    }

    /** Not an assertion of looks: the files are for a person to open. */
    private static void keep(RgbImage image, String name) throws Exception {
        Path target = Files.createDirectories(Path.of("target", "image-grid"));
        Files.write(target.resolve(name + ".png"), Png.encode(image, Map.of()));
    }

    @Test
    void picturesAppearUnchangedAtTheirPlaceAndScale() throws Exception {
        RgbImage a = reference("one_step_batch_0");
        RgbImage b = reference("one_step_batch_1");
        RgbImage c = reference("one_step_batch_2");
        RgbImage grid = new ImageGrid(List.of("FP32 (reference)", "W8A8", "W4A8 mixed, 4.7 bits"))
                .imageScale(2)
                .row("a blue star above a yellow heart on a plain gray background", List.of(a, b, c))
                .row("Two words: green ring; seed=42, steps=1 \u2014 SQNR 23.4 dB [ok] {x} 100%", List.of(b, c, a))
                .row("", List.of(c, a, b))
                .render();
        keep(grid, "scale2");
        // Margin 16; two header lines of 22 and a gap of 6; cells of 192 and gaps of 10; caption bands; row gap 18.
        assertThat(grid.width()).isEqualTo(2 * 16 + 3 * 192 + 2 * 10);
        int top = 16 + 2 * 22 + 6;
        int secondTop = top + 192 + 2 * 22 + 6 + 18;
        for (int y = 0; y < 192; y++) {
            for (int x = 0; x < 192; x++) {
                assertThat(grid.pixel(16 + x, top + y)).isEqualTo(a.pixel(x / 2, y / 2));
                assertThat(grid.pixel(16 + 2 * 202 + x, secondTop + y)).isEqualTo(a.pixel(x / 2, y / 2));
            }
        }
        assertThat(grid.height()).isEqualTo(secondTop + 192 + 2 * 22 + 6 + 18 + 192 + 16);
    }

    @Test
    void wrapsLabelsToTheWidthOfTheirPictures() throws Exception {
        RgbImage small = RgbImage.filled(96, 96, 0x4477aa);
        RgbImage grid = new ImageGrid(List.of("a rather long header over one column", "b"))
                .textScale(1)
                .row("Supercalifragilisticexpialidocious and other words that do not fit a line", List.of(small, small))
                .render();
        keep(grid, "scale1");
        assertThat(BitmapFont.wrap("a rather long header over one column", 96))
                .containsExactly("a rather long", "header over one", "column");
        assertThat(grid.height()).isEqualTo(16 + 3 * 11 + 6 + 96 + 3 * 11 + 6 + 16);
        assertThat(BitmapFont.wrap("abcdefgh ij", 23)).containsExactly("abcd", "efgh", "ij");
        assertThat(BitmapFont.wrap("  \n ", 100)).isEmpty();
    }

    @Test
    void everyPrintableCharacterHasAGlyphOfItsOwn() throws Exception {
        List<String> glyphs = IntStream.rangeClosed(' ', '~')
                .mapToObj(c -> IntStream.range(0, 9)
                        .mapToObj(row -> Integer.toString(BitmapFont.row(c, row), 32))
                        .collect(Collectors.joining()))
                .toList();
        assertThat(glyphs).doesNotHaveDuplicates().hasSize(95);
        assertThat(glyphs.subList(1, 95)).doesNotContain("000000000");
        assertThat(glyphs).allMatch(glyph -> glyph.length() == 9);
        String all =
                IntStream.rangeClosed('!', '~').mapToObj(Character::toString).collect(Collectors.joining());
        RgbImage blank = RgbImage.filled(300, 40, 0xdddddd);
        RgbImage sheet = new ImageGrid(List.of("BitmapFont \u00e9 \ud83d\ude00"))
                .textScale(3)
                .row(all + " The quick brown fox jumps over the lazy dog 0123456789", List.of(blank))
                .render();
        keep(sheet, "font");
    }

    @Test
    void unknownCharactersAreOneBoxEach() {
        assertThat(BitmapFont.row(0x1f600, 0)).isEqualTo(0b11111);
        assertThat(BitmapFont.width("\ud83d\ude00")).isEqualTo(5);
        assertThat(BitmapFont.width("ab")).isEqualTo(11);
    }

    @Test
    void refusesRaggedGrids() {
        RgbImage a = RgbImage.filled(4, 4, 0);
        ImageGrid grid = new ImageGrid(List.of("x", "y"));
        assertThatThrownBy(() -> grid.row("", List.of(a))).hasMessageContaining("1 pictures for 2 columns");
        assertThatThrownBy(() -> grid.row("", List.of(a, RgbImage.filled(4, 5, 0))))
                .hasMessageContaining("4x5");
        assertThatThrownBy(grid::render).isInstanceOf(IllegalStateException.class);
    }
}
