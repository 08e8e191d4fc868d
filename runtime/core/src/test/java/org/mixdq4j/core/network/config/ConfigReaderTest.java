package org.mixdq4j.core.network.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.error.MixdqException;

/** Values, defaults and sentences of configuration fields. */
class ConfigReaderTest {
    @Test
    void absentAndNullFieldsHaveDefaults() {
        ConfigReader config = reader("{'b': null}");
        assertThat(config.count("a", 3)).isEqualTo(3);
        assertThat(config.flag("b", true)).isTrue();
        assertThat(config.mentions("b")).isTrue();
        assertThat(config.has("b")).isFalse();
        assertThat(config.countsPerBlock("c", 2, 5)).containsExactly(5, 5);
    }

    @Test
    void oneValueStandsForAllBlocks() {
        assertThat(reader("{'a': 4}").countsPerBlock("a", 3, 1)).containsExactly(4, 4, 4);
        assertThat(reader("{'a': [1, [0, 2]]}").nestedPerBlock("a", 2, 1)).containsExactly(List.of(1), List.of(0, 2));
    }

    @Test
    void wrongTypesAreNamed() {
        assertThatThrownBy(() -> reader("{'a': '4'}").count("a"))
                .isInstanceOf(MixdqException.class)
                .hasMessage("The config.json of Net has \"4\" in 'a', expected an integer of at least 1; take the file"
                        + " from the folder of the weights.");
        assertThatThrownBy(() -> reader("{'a': 1.5}").count("a")).hasMessageContaining("has 1.5 in 'a'");
        assertThatThrownBy(() -> reader("{'a': 99999999999}").count("a")).hasMessageContaining("99999999999");
        assertThatThrownBy(() -> reader("{'a': []}").counts("a")).hasMessageContaining("expected a list");
        assertThatThrownBy(() -> reader("{}").counts("a"))
                .hasMessage("The config.json of Net has no 'a'; take the complete file from the model's folder.");
        assertThatThrownBy(() -> reader("[1]")).hasMessageContaining("holds [1] where an object");
    }

    @Test
    void unreadSettingsAreRefusedUnlessOffOrHarmless() {
        ConfigReader config = reader("{'a': 0, 'b': null, 'c': 'default', '_d': 7, 'e': 5, 'f': 'x', 'g': []}");
        config.text("f", "");
        assertThatCode(() -> config.refuseUnread(Set.of("e"))).doesNotThrowAnyException();
        assertThatThrownBy(() -> config.refuseUnread(Set.of()))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("sets 'e' to 5");
    }

    private static ConfigReader reader(String json) {
        try {
            return new ConfigReader(new ObjectMapper().readTree(json.replace('\'', '"')), "Net");
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
