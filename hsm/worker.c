#include <stdlib.h>

#include "hsm/internal.h"
#include "hsm/rv.h"

bool
here_worker_open(const struct hsm *hsm, struct hsm **ret, struct err *err)
{
	struct hsm *worker;
	CK_RV rv;

	if (!hsm->selected)
		return err_set(err, E_HSM, "no token is selected");
	if (hsm->one_thread)
		return err_set(err, E_HSM,
		    "%s does no locking (CKR_CANT_LOCK) and serves one thread: "
		    "sign without --jobs",
		    hsm->module);
	worker = malloc(sizeof(*worker));
	if (worker == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	*worker = *hsm;
	/* Module and login stay the other's. */
	worker->file = NULL;
	worker->library = NULL;
	worker->started = false;
	worker->logged_in = false;
	rv = CALL(hsm, C_OpenSession, hsm->token.slot, CKF_SERIAL_SESSION, NULL,
	    NULL, &worker->session);
	if (rv != CKR_OK) {
		free(worker);
		rv_fail(err, rv, "no further session");
		return token_context(hsm, err);
	}
	*ret = worker;
	return true;
}

void
here_worker_close(struct hsm *worker)
{
	if (worker == NULL)
		return;
	CALL(worker, C_CloseSession, worker->session);
	free(worker);
}
