/** The ptq stage: statistics, plan, protection, checkpoint, summary. May use core and the other packages of ptq. */
package org.mixdq4j.ptq.run;
