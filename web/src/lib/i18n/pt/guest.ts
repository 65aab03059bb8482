/** The way in for the person who was invited: one decision per screen. */
export const guest = {
  'join.title': 'Participar de uma sessão',
  'join.lead': 'Digite os nove dígitos que recebeu ou cole o link.',
  'join.code': 'Código',
  'join.code-incomplete': 'O código tem nove dígitos. Confira e tente de novo.',
  'join.submit': 'Participar',
  'join.looking-up': 'Procurando sua sessão',
  'join.invited-by': '{name} convida você',
  'join.invited': 'Você recebeu um convite',
  'join.to-organisation': 'para uma sessão com {organisation}',
  'join.as': 'Participar como',
  'join.need-help': 'Preciso de ajuda',
  'join.need-help-why': 'Mostre o problema com sua câmera.',
  'join.am-helping': 'Estou ajudando',
  'join.am-helping-why': 'Veja a câmera deles e oriente.',
  'join.your-name': 'Seu nome',
  'join.your-name-hint': 'Aparece para as pessoas da sessão.',
  'join.name-missing': 'Diga aos outros quem você é.',
  'join.signed-in-as': 'Você participa como {name}',
  'join.privacy-title': 'Antes de a câmera ligar',
  'join.privacy-text':
    'A seguir você vê sua própria imagem, e mais ninguém. Vídeo e som só vão para as pessoas desta sessão depois que você tocar em Entrar.',
  'join.other-device': 'Usar o celular',
  'join.other-device-text': 'Aponte a câmera do celular para este código. Ele abre o mesmo convite lá.',
  'join.other-device-code': 'Código QR deste convite',
  'join.rejoining': 'Levando você de volta',

  'refused.other-code': 'Digitar outro código',
  'refused.not-found-title': 'Não encontramos esta sessão',
  'refused.not-found-text':
    'O link ou código não pertence a nenhuma sessão. Pode haver um erro de digitação, ou ele foi trocado por um novo. Fale com quem convidou você.',
  'refused.expired-title': 'Este convite expirou',
  'refused.expired-text':
    'Links e códigos valem por tempo limitado. Peça outro a quem convidou você; basta um clique.',
  'refused.ended-title': 'Esta sessão foi encerrada',
  'refused.ended-text':
    'Alguém a encerrou, e ninguém mais pode participar. Se ainda precisa de ajuda, peça que a reabram ou enviem um novo convite.',
  'refused.full-title': 'Esta sessão está cheia',
  'refused.full-text': 'Todos os lugares estão ocupados. Assim que alguém sair, você pode entrar.',
  'refused.used-up-title': 'Este convite se esgotou',
  'refused.used-up-text':
    'Pessoas demais participaram com ele. Peça outro a quem convidou você; basta um clique.',
  'refused.guests-title': 'Convidados não podem participar aqui',
  'refused.guests-text':
    'Esta organização só aceita as próprias pessoas nas sessões. Entre com sua conta para participar.',
  'refused.attempts-title': 'Tentativas demais',
  'refused.attempts-text': {
    one: 'Para proteger os códigos, é preciso esperar {count} segundo antes da próxima tentativa.',
    other: 'Para proteger os códigos, é preciso esperar {count} segundos antes da próxima tentativa.',
  },
  'refused.attempts-over': 'Você pode tentar de novo.',
  'refused.offline-title': 'Sem conexão',
  'refused.offline-text':
    'Seu aparelho não alcança o Helpsight. Confira o Wi-Fi ou os dados móveis e tente de novo.',
  'refused.trouble-title': 'O servidor está com problemas',
  'refused.trouble-text': 'A culpa não é sua. Espere um momento e tente de novo.',
} as const;
