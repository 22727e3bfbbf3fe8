using System.Linq.Expressions;

namespace Kumiki.Tables;

/// <summary>The property a lambda such as <c>s =&gt; s.Date</c> names.</summary>
static class Member
{
    /// <exception cref="KumikiException">It is more than a property of the row.</exception>
    internal static string Of(LambdaExpression selector)
    {
        var body = selector.Body is UnaryExpression { NodeType: ExpressionType.Convert } boxed ? boxed.Operand : selector.Body;
        return PathOf(body) is { } path
            ? path
            : throw new KumikiException(Message.Of("tables.not-a-column", ("expression", selector.Body), ("record", selector.Parameters[0].Type.Name)));
    }

    /// <summary>The property an expression reads of the row, <c>Date</c> or <c>Customer.Name</c>; null when it does something else.</summary>
    internal static string? PathOf(Expression? e) => e is not MemberExpression member ? null
        : member.Expression is ParameterExpression ? member.Member.Name
        : PathOf(member.Expression) is { } outer && RowSchema.IsRecord(member.Expression!.Type) ? $"{outer}.{member.Member.Name}" : null;
}
