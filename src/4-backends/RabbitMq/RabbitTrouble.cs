using System.Net.Sockets;
using RabbitMQ.Client.Exceptions;

namespace Kumiki.Queues.RabbitMq;

/// <summary>What a broker or the way to it refused, as a sentence that names host and user, never the password.</summary>
static class RabbitTrouble
{
    const int AccessRefused = 403, NotFound = 404, Locked = 405, PreconditionFailed = 406, NotAllowed = 530;

    /// <summary>Whether the same may succeed a moment later: the connection went, or the broker or one of its queues starts again.</summary>
    internal static bool MayPass(Exception error) => error switch
    {
        BrokerUnreachableException { InnerException: AggregateException many } => !many.InnerExceptions.Any(IsRefusal),
        BrokerUnreachableException { InnerException: { } inner } => !IsRefusal(inner),
        OperationInterruptedException { ShutdownReason: { } reason } => reason.ReplyCode is not (AccessRefused or Locked or PreconditionFailed or NotAllowed),
        PublishException { IsReturn: false } => true,
        // A call that the broker did not answer in the client's own time; whoever asked has not cancelled it, which callers look at first.
        OperationCanceledException => true,
        OperationInterruptedException or AlreadyClosedException or BrokerUnreachableException or IOException or SocketException or TimeoutException
            or ObjectDisposedException => true,
        _ => false,
    };

    static bool IsRefusal(Exception error) => error is AuthenticationFailureException or PossibleAuthenticationFailureException
        || (error is OperationInterruptedException { ShutdownReason: { } reason } && reason.ReplyCode is AccessRefused or NotAllowed);

    /// <summary>The sentence for an error; null where the error is ours.</summary>
    internal static KumikiException? Of(Exception error, RabbitAddress address, TimeSpan patience)
    {
        (string, object?)[] at = [("host", address.Host), ("user", address.User), ("vhost", address.VirtualHost), ("seconds", patience.TotalSeconds),
            ("reason", error.Message)];
        return error switch
        {
            BrokerUnreachableException when !MayPass(error) => Says(Message.Of("queue.rabbit-refused", at)),
            OperationInterruptedException { ShutdownReason.ReplyCode: AccessRefused or NotAllowed } => Says(Message.Of("queue.rabbit-refused", at)),
            OperationInterruptedException { ShutdownReason.ReplyCode: PreconditionFailed or Locked } => Says(Message.Of("queue.rabbit-other-queue", at)),
            PublishException { IsReturn: true } => Says(Message.Of("queue.rabbit-gone", at)),
            _ when MayPass(error) => Says(Message.Of("queue.rabbit-unreachable", at)),
            _ => null,
        };

        KumikiException Says(Message message) => new(message, error);
    }

    internal static bool IsNotFound(OperationInterruptedException error) => error.ShutdownReason?.ReplyCode == NotFound;
}
