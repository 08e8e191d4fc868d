/**
 * The CPU executor for speed: graphs are lowered, steps become tasks of {@code cpu.product}, {@code cpu.vector} and {@code
 * cpu.attention} over one arena a session. May use {@code core.exec}, {@code core.lower}, {@code cpu.product},
 * {@code cpu.vector}, {@code cpu.attention}.
 */
package org.mixdq4j.cpu.program;
