/**
 * Running a lowered program: its arena, its tasks in order, the threads they share. May use {@code core.lower}; knows no
 * kernel.
 */
package org.mixdq4j.cpu.session;
