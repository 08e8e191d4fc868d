package org.mixdq4j.cpu.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.dnnl.global.dnnl;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.error.MixdqException;

class OneDnnTest {
    @Test
    void saysWhatItIs() {
        assertThat(OneDnn.get().version()).matches("3\\.\\d+\\.\\d+");
        assertThat(OneDnn.get().isa()).matches("sse41|avx.*");
    }

    @Test
    void failuresAreSentences() {
        assertThatCode(() -> OneDnn.check(dnnl.dnnl_success, "try")).doesNotThrowAnyException();
        assertThatThrownBy(() -> OneDnn.check(dnnl.dnnl_unimplemented, "plan a product"))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("oneDNN could not plan a product (no implementation");
    }
}
