/** What sessions of all executors of programs have in common. May use {@code core.lower}, {@code core.graph}, {@code core.tensor}. */
package org.mixdq4j.core.lower.session;
