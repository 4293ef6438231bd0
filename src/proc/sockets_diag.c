/* sockets_diag.c - the dump of inet_diag, see sock_diag(7). */
#include "sockets_diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TCP_LISTEN_STATE 10 /* include/net/tcp_states.h */
/* One answer holds as many sockets as the kernel's buffer, 32 KiB at most. */
#define ANSWER_MAX 32768

bool diag_is_own(const struct stat *ns)
{
	struct stat own;

	return stat("/proc/self/ns/net", &own) == 0 &&
	       own.st_dev == ns->st_dev && own.st_ino == ns->st_ino;
}

static bool ask(int fd, int family)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 body;
	} req = {
		.head = {.nlmsg_len = sizeof(req),
			 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.body = {.sdiag_family = (uint8_t)family,
			 .sdiag_protocol = IPPROTO_TCP,
			 .idiag_states = 1u << TCP_LISTEN_STATE},
	};

	return send(fd, &req, sizeof(req), 0) == (ssize_t)sizeof(req);
}

enum told { MORE, DONE, FAILED };

static enum told take(const char *text, size_t len, int family, diag_sink *sink,
		      void *ctx)
{
	struct nlmsghdr head;
	struct inet_diag_msg msg;

	for (; len >= sizeof(head); text += head.nlmsg_len) {
		memcpy(&head, text, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > len)
			return FAILED;
		if (head.nlmsg_type == NLMSG_DONE)
			return DONE;
		if (head.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
		    head.nlmsg_len < NLMSG_LENGTH(sizeof(msg)))
			return FAILED;
		memcpy(&msg, text + NLMSG_HDRLEN, sizeof(msg));
		if (msg.idiag_family == family)
			sink(ctx, msg.idiag_inode, ntohs(msg.id.idiag_sport),
			     msg.id.idiag_src);
		head.nlmsg_len = NLMSG_ALIGN(head.nlmsg_len);
		if (head.nlmsg_len > len)
			return MORE;
		len -= head.nlmsg_len;
	}
	return MORE;
}

bool diag_listeners(int family, diag_sink *sink, void *ctx)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	_Alignas(struct nlmsghdr) char answer[ANSWER_MAX];
	enum told told = FAILED;

	if (fd < 0)
		return false;
	if (ask(fd, family))
		told = MORE;
	while (told == MORE) {
		ssize_t n = recv(fd, answer, sizeof(answer), 0);

		if (n < 0 && errno == EINTR)
			continue;
		told = n > 0 ? take(answer, (size_t)n, family, sink, ctx)
			     : FAILED;
	}
	close(fd);
	return told == DONE;
}
