package org.mixdq4j.cli.grid;

import java.util.ArrayList;
import java.util.List;

/**
 * A fixed-width font for labels: printable ASCII, five pixels wide, seven high, two more for descenders. Any other
 * character is drawn as a box. Sizes are in font pixels; a canvas draws them at an integer scale.
 */
final class BitmapFont {
    static final int GLYPH_WIDTH = 5;
    static final int GLYPH_HEIGHT = 9;

    /** From one character to the next, and from one line to the next. */
    static final int ADVANCE = GLYPH_WIDTH + 1;

    static final int LINE = GLYPH_HEIGHT + 2;

    /** The glyphs of ' ' to '~': nine rows from the top, a row one base-32 digit, its highest bit the left pixel. */
    private static final String[] GLYPHS = (""
                    + "000000000 444440400 aaa000000 aavavaa00 4fke5u400 pp248jj00 cik8lid00 444000000 "
                    + "248884200 842224800 04lel4000 044v44000 000006624 000v00000 00000cc00 11248gg00 "
                    + "ehjlphe00 4c4444e00 eh1248v00 v2421he00 26aiv2200 vgu11he00 68guhhe00 v12488800 "
                    + "ehhehhe00 ehhf12c00 00cc0cc00 006606624 248g84200 00v0v0000 842124800 eh1240400 "
                    + "ehnlngf00 ehhvhhh00 uhhuhhu00 ehggghe00 uhhhhhu00 vgguggv00 vgguggg00 ehgnhhf00 "
                    + "hhhvhhh00 e44444e00 72222ic00 hikokih00 ggggggv00 hrllhhh00 hppljjh00 ehhhhhe00 "
                    + "uhhuggg00 ehhhlid00 uhhukih00 ehge1he00 v44444400 hhhhhhe00 hhhhaa400 hhhllrh00 "
                    + "hha4ahh00 hha444400 v1248gv00 e88888e00 gg8421100 e22222e00 4ah000000 0000000v0 "
                    + "842000000 00e1fhf00 gguhhhu00 00ehghe00 11fhhhf00 00ehvgf00 698s88800 00fhhhf1e "
                    + "ggmphhh00 40c444e00 2062222ic ggikoki00 c44444e00 00qllll00 00mphhh00 00ehhhe00 "
                    + "00uhhhugg 00fhhhf11 00mpggg00 00fge1u00 88u889600 00hhhjd00 00hhha400 00hhlla00 "
                    + "00ha4ah00 00hhhhf1e 00v248v00 644844600 444444400 c44244c00 009li0000")
            .split(" ");

    private static final String BOX = "vhhhhhv00";

    private BitmapFont() {}

    /** The five pixels of a glyph's row, bit 4 the left one. */
    static int row(int codePoint, int row) {
        boolean known = codePoint >= ' ' && codePoint <= '~';
        return Character.digit((known ? GLYPHS[codePoint - ' '] : BOX).charAt(row), 32);
    }

    /** The width of a line, without the gap after its last character. */
    static int width(String line) {
        int characters = line.codePointCount(0, line.length());
        return characters == 0 ? 0 : characters * ADVANCE - 1;
    }

    /** Breaks a text at white space into lines of at most this many font pixels; a longer word is broken anywhere. */
    static List<String> wrap(String text, int width) {
        int columns = Math.max(1, (width + 1) / ADVANCE);
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        int length = 0;
        for (String word : text.strip().split("\\s+")) {
            int[] letters = word.codePoints().toArray();
            if (length > 0 && length + 1 + letters.length > columns) {
                lines.add(line.toString());
                line.setLength(0);
                length = 0;
            }
            if (length > 0) {
                line.append(' ');
                length++;
            }
            for (int letter : letters) {
                if (length == columns) {
                    lines.add(line.toString());
                    line.setLength(0);
                    length = 0;
                }
                line.appendCodePoint(letter);
                length++;
            }
        }
        if (length > 0) {
            lines.add(line.toString());
        }
        return lines;
    }
}
