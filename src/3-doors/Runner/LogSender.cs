using System.Net;
using System.Net.Http.Headers;

namespace Kumiki.Running;

/// <summary>Sends kept predictions to the server they came from, some hundred at a time; one that was sent twice is taken once.</summary>
sealed class LogSender(string folder, Uri server, string device)
{
    const int MostLines = 500, MostBytes = 1 << 20;

    static readonly TimeSpan Limit = TimeSpan.FromSeconds(30), Pause = TimeSpan.FromSeconds(10);

    /// <summary>Sends all that was not sent.</summary>
    /// <returns>How many were sent.</returns>
    /// <exception cref="KumikiException">The server cannot be reached or refuses; what it took until then is noted down.</exception>
    public async Task<long> SendAsync(CancellationToken stop)
    {
        using var http = new HttpClient { Timeout = Limit };
        var (sent, batch, place) = (0L, new MemoryStream(), default(PredictionFile.Place));
        var lines = 0;
        foreach (var (json, after) in PredictionFile.Unsent(folder))
        {
            batch.Write(json.Span);
            batch.WriteByte((byte)'\n');
            (lines, place) = (lines + 1, after);
            if (lines < MostLines && batch.Length < MostBytes) continue;
            await PostAsync();
        }
        if (lines > 0) await PostAsync();
        return sent;

        async Task PostAsync()
        {
            using var body = new ByteArrayContent(batch.GetBuffer(), 0, (int)batch.Length);
            body.Headers.ContentType = new MediaTypeHeaderValue("application/jsonl");
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, "/api/edge/logs")) { Content = body };
            request.Headers.Add("Kumiki-Device", device);
            try
            {
                using var answer = await http.SendAsync(request, stop);
                if (answer.StatusCode != HttpStatusCode.OK) throw new KumikiException(Message.Of("runner.send-refused", ("url", server),
                    ("status", (int)answer.StatusCode)));
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !stop.IsCancellationRequested)
            {
                throw new KumikiException(Message.Of("runner.send-offline", ("url", server), ("reason", (e.InnerException ?? e).Message.TrimEnd('.'))), e);
            }
            PredictionFile.MarkSent(folder, place);
            sent += lines;
            lines = 0;
            batch.SetLength(0);
        }
    }

    /// <summary>Sends whenever the server can be reached, until it is told to stop. Being offline is no fault, and is said once.</summary>
    public async Task FollowAsync(TimeProvider clock, Action<Message> tell, CancellationToken stop)
    {
        var offline = false;
        try
        {
            using var timer = new PeriodicTimer(Pause, clock);
            do
            {
                try
                {
                    await SendAsync(stop);
                    offline = false;
                }
                catch (KumikiException e)
                {
                    if (!offline) tell(e.Says);
                    offline = true;
                }
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // it ends; what was not sent is sent the next time
        }
    }
}
