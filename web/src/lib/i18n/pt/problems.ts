/** What went wrong, for every kind of refusal, in words that say what to do next. */
export const problems = {
  'problem.invalid-json': 'O servidor não entendeu o pedido. Recarregue a página e tente de novo.',
  'problem.invalid-input': 'Algo aqui não pode ser aceito. Confira os campos e tente de novo.',
  'problem.body-too-large': 'É texto demais. Encurte e tente de novo.',
  'problem.not-signed-in': 'Sua conta não está mais conectada. Entre de novo para continuar.',
  'problem.wrong-credentials': 'E-mail ou senha incorretos. Confira os dois e tente de novo.',
  'problem.forbidden':
    'Sua função não permite isso. Fale com um proprietário ou administrador da sua organização.',
  'problem.cross-origin-refused':
    'Esta página foi aberta em um endereço diferente do que o servidor espera. Use o endereço que sua organização informou.',
  'problem.method-not-allowed': 'O servidor não entendeu o pedido. Recarregue a página e tente de novo.',
  'problem.not-found': 'Isto não está mais aqui. Talvez alguém tenha excluído.',
  'problem.upgrade-required': 'Algo entre você e o servidor bloqueia conexões ao vivo. Tente outra rede.',
  'problem.user-deactivated': 'Esta conta está desativada. Ative-a primeiro.',
  'problem.email-taken': 'Alguém na sua organização já usa este e-mail.',
  'problem.last-owner':
    'Toda organização precisa de um proprietário. Primeiro torne outra pessoa proprietária.',
  'problem.already-set-up': 'O Helpsight já está configurado. Entre com sua conta.',
  'problem.setup-token-wrong':
    'Este link de configuração não é válido. Abra o endereço que o Helpsight mostrou ao iniciar.',
  'problem.link-expired': 'Este link já foi usado ou expirou. Peça outro a um proprietário ou administrador.',
  'problem.idempotency-key-reused': 'Isto já foi enviado com outro conteúdo. Recarregue a página.',
  'problem.too-many-connections': 'Esta sessão está aberta em abas ou janelas demais. Feche algumas delas.',
  'problem.too-many-attempts': {
    one: 'Tentativas demais. Espere {count} segundo e tente de novo.',
    other: 'Tentativas demais. Espere {count} segundos e tente de novo.',
  },
  'problem.too-many-attempts-minutes': {
    one: 'Tentativas demais. Espere {count} minuto e tente de novo.',
    other: 'Tentativas demais. Espere {count} minutos e tente de novo.',
  },
  'problem.invite-not-found': 'Nenhuma sessão tem este código. Confira os dígitos e tente de novo.',
  'problem.invite-expired': 'Este convite expirou. Peça outro.',
  'problem.invite-used-up': 'Pessoas demais usaram este convite. Peça outro.',
  'problem.session-ended': 'Esta sessão foi encerrada.',
  'problem.session-full': 'Esta sessão está cheia.',
  'problem.guests-not-allowed':
    'Esta organização não aceita convidados. Entre com sua conta para participar.',
  'problem.removed-from-session': 'Você foi removido desta sessão. Quem a conduz pode deixar você voltar.',
  'problem.seat-needed': 'Este navegador não faz parte da sessão. Participe pelo link ou pelo código.',
  'problem.unknown-policy': 'Este servidor não conhece essa política. Recarregue a página.',
  'problem.unavailable': 'O servidor está ocupado ou reiniciando. Tente de novo em instantes.',
  'problem.internal': 'O servidor teve um problema. Tente de novo em instantes.',
  'problem.unreachable': 'Sem conexão com o servidor. Confira sua rede e tente de novo.',
  'problem.unexpected': 'Algo inesperado deu errado. Tente de novo em instantes.',

  'field.required': 'Preencha este campo.',
  'field.too-long': 'Isto é longo demais.',
  'field.too-short': 'Isto é curto demais.',
  'field.out-of-range': 'Isto está fora do intervalo.',
  'field.invalid': 'Isto não é válido.',
  'field.not-allowed': 'Isto não é permitido aqui.',
  'field.password-short': {
    one: 'Use pelo menos {count} caractere.',
    other: 'Use pelo menos {count} caracteres.',
  },
} as const;
