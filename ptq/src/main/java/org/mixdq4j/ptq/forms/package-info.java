/** What a scheme and a bit plan mean for each layer of a graph. May use core, ptq.plan and ptq.scheme. */
package org.mixdq4j.ptq.forms;
