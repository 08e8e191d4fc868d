package org.mixdq4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.ExecutorProvider;
import org.mixdq4j.core.exec.Executors;

class CudaExecutorProviderTest {
    @Test
    void isFoundAsAServiceForThoseWhoAskForIt() {
        ExecutorProvider found = Executors.providers().stream()
                .filter(CudaExecutorProvider.class::isInstance)
                .findFirst()
                .orElseThrow();
        assertThat(found.name()).isEqualTo("cuda");
        assertThat(found.target()).isPresent();
        assertThat(Executors.providers().get(0).name()).isEqualTo("cpu");
    }

    @Test
    void saysInOneSentenceWhyItCannotRun() {
        CudaExecutorProvider provider = new CudaExecutorProvider();
        assumeTrue(provider.unavailable().isPresent(), "there is a GPU");
        String reason = provider.unavailable().orElseThrow();
        assertThat(reason).endsWith(".").doesNotContain("\n");
        assertThat(provider.describe()).containsExactly("unavailable: " + reason);
        assertThatThrownBy(provider::create)
                .isInstanceOf(MixdqException.class)
                .hasMessage("The executor 'cuda' cannot run here: " + reason);
    }
}
