package org.mixdq4j.evaluate.clip;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.image.RgbImage;
import org.mixdq4j.core.io.Sha256;

/** SHA-256 of the bytes that Pillow 12.3's {@code resize(size, BICUBIC)} makes of the same pictures. */
class BicubicResizeTest {
    @ParameterizedTest(name = "{0} to {1} x {2}")
    @CsvSource({
        "wide, 125, 96, a7fa1db1983624cc3c824547ee4ac586897a8d5e67bbdf98a5c01ddf8e166f89",
        "wide, 119, 96, a407b1c231b294ffc78b920b5a9165700ed70cbfc3f7a56c1f5abf41b9e7e754",
        "wide, 30, 200, 69e132d5182a4f5977e9617a0aa97f8d8a1c90702898e2d1b9a75fdfd1f49087",
        "wide, 251, 50, 6cbee28e55eac9c7bfb0a6aa200939d282c610d56a2c9ecee089260176ff9e5a",
        "wide, 71, 300, 42ccc158b17cf4c5f4a882e93cab172ddeebb2866eeacb97b35b9d49e61e1e5e",
        "small, 125, 96, 7cba900f3dadf1b8be8e506b8d9c16f1089c4322c52a384b6953b72a63b6b0ca",
        "small, 119, 96, 9bdabef0a192c2aba4652f821d36dc9490b1f7777614a76c94ed63534eac3672",
        "small, 30, 200, 7485dbd7cbe69c4bb342a395f9895a7c60819009ee65f53856b09c598346d7f4",
        "small, 251, 50, 7194803ecd51a173cefe20160f297c0a6856804ecbfdea5312b8bf8cb9e89967",
        "small, 71, 300, b93af78267c9e61da51e4a9041086c99daf42fdb0b6e6e6b7638fc5a479938c0"
    })
    void givesPillowsBytes(String picture, int width, int height, String digest) {
        RgbImage resized = BicubicResize.resize(Pictures.named(picture), width, height);
        assertThat(resized.width()).isEqualTo(width);
        assertThat(resized.height()).isEqualTo(height);
        assertThat(Sha256.of(resized.rgb())).isEqualTo(digest);
    }
}
